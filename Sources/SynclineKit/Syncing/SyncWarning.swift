internal import SyncCore

/// What is odd about syncing, and does not stop it.
///
/// Programs look at `code`; `message` and `advice` are for people, and may change.
public struct SyncWarning: Hashable, Sendable, CustomStringConvertible {
    /// What is odd, in words that never change.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// This device's clock and the hub's differ by minutes.
        case clockSkew
        /// The hub is older than what this store has seen, or was set up anew. Everything is exchanged anew; nothing here is lost.
        case hubSetBack
        /// The hub has other events of another device than this store.
        case foreignFork
        /// The hub has events of this device that were not here: the store was set back, or a copy of it is in use.
        case writtenElsewhere
    }

    /// What is odd.
    public let code: Code
    /// The same in a sentence.
    public let message: String
    /// What to do.
    public let advice: String

    /// Message and advice.
    public var description: String { "\(message); \(advice)" }

    init(_ warning: SyncCore.SyncWarning) {
        switch warning {
        case .clockSkew(let milliseconds):
            // No measure: it would be a new warning with each.
            let minutes = DeviceSession.Options.usualSkewMilliseconds / 60_000
            code = .clockSkew
            message = "this device's clock is more than \(minutes) minutes \(milliseconds < 0 ? "ahead of" : "behind") the hub's"
            advice = "set the one that is wrong"
        case .hubRolledBack:
            code = .hubSetBack
            message = "the hub is older than what this store has seen, or was set up anew"
            advice = "everything is exchanged anew, and nothing here is lost; tell whoever runs the hub"
        case .foreignFork(let device):
            code = .foreignFork
            message = "the hub has other events of \(device) than this store"
            advice = "tell whoever runs the hub"
        case .writtenElsewhere(let seq):
            code = .writtenElsewhere
            message =
                "the hub has events of this device, up to its \(seq), that were not here: the store was set back, or a copy of it is in use"
            advice = SynclineError.mend
        }
    }
}
