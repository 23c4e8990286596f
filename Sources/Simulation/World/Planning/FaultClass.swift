/// What can go wrong in a world. A seed draws some of them, and how often each strikes.
package enum FaultClass: String, Sendable, CaseIterable {
    // The network
    case loss
    case delay
    case duplicates
    case partitions
    /// One end of a socket never learns that the other is gone.
    case halfOpen = "half-open"
    /// Calls and sockets break while something is under way.
    case cuts
    /// Sockets are emptied slowly.
    case slowReaders = "slow-readers"
    // Nodes
    case kill
    case powerLoss = "power-loss"
    /// A write, a sync or anything else fails once, and the process ends.
    case diskErrors = "disk-errors"
    /// Nothing can be written for a while.
    case fullDisk = "full-disk"
    /// Wall clocks are set.
    case clockJumps = "clock-jumps"
    // People
    /// A device's folder is copied, and both are used.
    case clone
    /// A device's folder is put back from a copy.
    case restore
    /// A hub's folder is put back from a copy.
    case rollback
    case revocation
    /// A device that is let in sends what no honest store writes.
    case lies
    /// Events are carried from store to store past the hub.
    case carrying
    // What devices and people do besides
    /// Packed blocks travel as they lie in logs.
    case blocks
    /// Some devices speak JSON alone, as the first version of the protocol does.
    case json
    /// Who is told that a store has a twin mends it: it goes on under another identity.
    case mending
    /// A hub's machine is lost, and another one stands in for it with an older copy of its folder, at another address.
    case standIn = "stand-in"
    /// A hub's workspaces have little room, until whoever runs it makes more when all else goes well again.
    case quota

    /// Those of which a world has one at most: two disasters at once may lose what one alone cannot.
    static let disasters: [FaultClass] = [.clone, .restore, .rollback]

    /// Those that are drawn by themselves, behind all others.
    static let features: [FaultClass] = [.blocks, .json, .mending, .standIn, .quota]
}
