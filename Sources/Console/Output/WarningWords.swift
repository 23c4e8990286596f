internal import EventCore
internal import SyncCore

/// What is odd about syncing and stops nothing, in words, and what to do about it.
enum WarningWords {
    /// A word that never changes.
    static func word(_ warning: SyncWarning) -> String {
        switch warning {
        case .clockSkew: "clock-skew"
        case .hubRolledBack: "rolled-back"
        case .foreignFork: "foreign-fork"
        case .writtenElsewhere: "written-elsewhere"
        }
    }

    static func sentence(_ warning: SyncWarning, _ name: (DeviceID) -> String) -> String {
        let what =
            switch warning {
            case .clockSkew(let milliseconds):
                "this device's clock is \(TimeText.duration(milliseconds.magnitude)) \(milliseconds < 0 ? "ahead of" : "behind") the hub's"
            case .hubRolledBack:
                "the hub is older than what this store has seen, or was set up anew; everything is exchanged anew, and nothing here is lost"
            case .foreignFork(let device): "the hub has other events of \(name(device)) than this store"
            case .writtenElsewhere(let seq):
                "the hub has events of this device, up to its \(seq), that were not here: the store was set back, or a copy of it is in use"
            }
        return "\(what); \(AdviceWords.sentence(Advice(for: warning)))"
    }
}

/// Which warnings have been said: each once for as long as it stands.
struct SaidWarnings: Hashable {
    private var said: [SyncWarning] = []

    /// Those of a status that are to be said now.
    mutating func new(in status: SyncStatus) -> [SyncWarning] {
        defer { said = status.warnings }
        return status.warnings.filter { warning in !said.contains { Self.isSame($0, warning) } }
    }

    /// A clock is wrong once, by whatever measure.
    private static func isSame(_ left: SyncWarning, _ right: SyncWarning) -> Bool {
        if case .clockSkew = left, case .clockSkew = right { return true }
        return left == right
    }
}
