internal import EventCore

/// What an exchange with the hub did.
package struct SyncReport: Hashable, Sendable {
    /// Events that the hub has taken.
    package var pushed = 0
    /// Of those, events whose record is in conflict after them.
    package var concurrent = 0
    /// Events that the hub keeps until what they build on has come.
    package var parked = 0
    /// Events that the hub does not take, and why.
    package var rejected: [Rejection] = []
    /// New events from others, applied here.
    package var pulled = 0
    /// Pulled events that wait for what they build on.
    package var waiting = 0
    /// The hub's log is not the one that was pulled from before, or an older state of it: everything was exchanged anew.
    package var isHubSetBack = false
    /// The hub knew events of this device that the store had lost.
    package var isStoreSetBack = false
    package var head: UInt64 = 0
    /// Events that are here and not at the hub, and that this device, a reader, may not give it.
    package var withheld = 0

    package struct Rejection: Hashable, Sendable {
        package let dot: String
        package let problem: HubProblem
    }

    package init() {}
}
