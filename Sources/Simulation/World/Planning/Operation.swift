/// Something that is done to a world, at a time that its seed drew. Devices and hubs are named by number.
package struct Operation: Sendable {
    package enum Kind: Sendable, Hashable {
        /// A commit of some drafts.
        case write(device: Int)
        /// An answer to a conflict, or an undo.
        case settle(device: Int)
        case checkpoint(device: Int)
        /// The device, enrolled later than others, comes.
        case join(device: Int)
        /// Closed as it should be, and opened again.
        case restart(device: Int)
        case restartHub(Int)
        /// The process ends, at once or in the midst of some operation of the disk.
        case fall(device: Int, Fall, midway: Bool)
        case fallOfHub(Int, Fall, midway: Bool)
        case breakDisk(device: Int)
        case breakDiskOfHub(Int)
        case fillDisk(device: Int)
        case fillDiskOfHub(Int)
        case partition(device: Int, PartitionSides)
        case cutSocket(device: Int)
        case setClock(device: Int)
        case setClockOfHub(Int)
        case clone(device: Int)
        case copy(device: Int)
        case restore(device: Int)
        case backUp(hub: Int)
        case rollBack(hub: Int)
        case revoke(device: Int)
        case lie(Lie)
        case carry(from: Int, to: Int)
        /// A copy of a hub's folder goes to the machine that may stand in for it.
        case mirror(hub: Int)
        case mend(device: Int)
        case standIn(hub: Int)
    }

    /// Counted from 1 in the order in which the seed drew them.
    package let number: Int
    /// Milliseconds of the world.
    package let at: UInt64
    package let kind: Kind
    /// Where its own random numbers begin.
    let seed: UInt64

    /// The class that it belongs to; nil for what is everyday life.
    package var faultClass: FaultClass? {
        switch kind {
        case .write, .settle, .checkpoint, .join, .restart, .restartHub: nil
        case .fall(_, let fall, _), .fallOfHub(_, let fall, _): fall == .kill ? .kill : .powerLoss
        case .breakDisk, .breakDiskOfHub: .diskErrors
        case .fillDisk, .fillDiskOfHub: .fullDisk
        case .partition: .partitions
        case .cutSocket: .cuts
        case .setClock, .setClockOfHub: .clockJumps
        case .clone: .clone
        case .copy, .restore: .restore
        case .backUp, .rollBack: .rollback
        case .revoke: .revocation
        case .lie: .lies
        case .carry: .carrying
        case .mirror, .standIn: .standIn
        case .mend: .mending
        }
    }
}

/// How a process ends without having been asked.
package enum Fall: String, Sendable, Hashable {
    /// What it wrote is still seen.
    case kill
    /// Of what was not synced some is lost, and nobody is told that a socket is gone.
    case powerLoss
}

/// Which way nothing comes through.
package enum PartitionSides: String, Sendable, Hashable, CaseIterable {
    case up
    case down
    case both
}

/// What a device says that is not so.
package enum Lie: String, Sendable, Hashable, CaseIterable {
    /// An event that is there already, with another value.
    case changedHistory
    /// Events of a device that nobody has enrolled.
    case forgedAuthor
    /// A context that names an event of another record.
    case inflatedContext
    /// A context that names an event that there is none of: it may come yet.
    case missingCause
    /// An event of its own, far in the future.
    case farFuture
    /// Events under a signature that is none.
    case wrongSignature
    /// Events under an epoch that was never granted to it, policies under none.
    case stolenEpoch
}
