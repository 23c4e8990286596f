package import EventCore

/// To which device each epoch was granted.
///
/// A hub that was put back to an older copy has forgotten the newest epochs; what was written under them is still with the devices. When it learns that, it passes over as many
/// as it may have forgotten: it never grants one of them again, and takes the word of a device that may lead for having held one. What it has granted until then it may have granted before.
package struct EpochGrants: Hashable, Sendable {
    /// The epochs that a hub which was put back passes over.
    package static let forgottenCount: UInt64 = 1024

    /// How far beyond the newest epoch one may lie that a hub takes for forgotten. It may have been put back to the same copy many times, and have passed over some each time.
    package static let forgottenReach = 1024 * forgottenCount
    /// No hub forgets as many at once.
    package static let forgottenAtMost: UInt64 = 1 << 40

    /// The epochs in order, from 1 on, in runs: of one that was granted, or of forgotten ones.
    private var runs: [Run] = []

    private struct Run: Hashable, Sendable {
        let last: UInt64
        /// nil for forgotten ones.
        let holder: DeviceID?
    }

    package init() {}

    /// The newest epoch that was granted or passed over; 0 before the first.
    package var newest: UInt64 { runs.last?.last ?? 0 }

    /// The newest epoch's holder; nil before the first and behind forgotten ones.
    var newestHolder: DeviceID? { runs.last?.holder }

    /// Whether the device has held this epoch; everybody has the epoch 0.
    ///
    /// - Parameter mayLead: whether the device may have been master.
    package func isGranted(_ epoch: UInt64, to device: DeviceID, mayLead: Bool) -> Bool {
        guard epoch > 0 else { return true }
        let number = runs.partitionPoint { $0.last < epoch }
        guard number < runs.count else { return false }
        return runs[number].holder.map { $0 == device } ?? mayLead
    }

    /// Whether an epoch is beyond the newest, and may have been granted before this hub was put back.
    func mayHaveForgotten(_ epoch: UInt64) -> Bool { epoch > newest && epoch - newest <= Self.forgottenReach }

    mutating func grant(to device: DeviceID) { runs.append(Run(last: newest + 1, holder: device)) }

    /// Never grants the next epochs, and takes the word of who may have held one of these or of the newest before them.
    mutating func passOver(_ count: UInt64, doubting doubted: UInt64) {
        let (known, last) = (newest - min(doubted, newest), newest + count)
        while newest > known { runs.removeLast() }
        runs.append(Run(last: last, holder: nil))
    }

    /// The records that make the same.
    var records: [HubRecord] {
        var last: UInt64 = 0
        return runs.map { run in
            defer { last = run.last }
            return run.holder.map { .epochGranted(to: $0) } ?? .epochsForgotten(count: run.last - last)
        }
    }

    /// The holders of those that were granted, oldest first.
    package var holders: [DeviceID] { runs.compactMap(\.holder) }
}
