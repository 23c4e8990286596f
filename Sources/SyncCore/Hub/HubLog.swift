package import EventCore

/// What the hub core needs of the log that a workspace's events lie in. Calls are a batch's or a page's, never an event's.
///
/// Everything it says holds for what is admitted, durable or not: the core lets nobody see an answer before what it shows is durable.
/// Disk failures are final: `.failed`, and the process ends.
package protocol HubLog {
    /// A push's events, each device's in its order: parsed, or as the blocks that came.
    associatedtype Batch: Sendable

    var id: LogID { get }
    /// The position after the last accepted event.
    var end: Position { get }
    /// The accepted events of each device: what is acknowledged. Parked and rejected ones are not in it.
    var applied: VersionVector { get }
    /// What it takes on the disk, parked events included.
    var byteCount: UInt64 { get }
    /// Each device's chain up to its last accepted event, sorted by device.
    var heads: [ChainHead] { get }

    /// The newest epoch that each writer of the batch's events names; of packed blocks nothing need be said: those with epochs that are not granted come again as events.
    func epochs(in batch: Batch) -> [DeviceID: UInt64]

    /// Decides about each event of the batch, in order, and admits what can be; nothing is durable by it.
    ///
    /// First, for each device of the batch: its first event must not lie beyond the highest seq here, accepted or parked, plus one, and the seqs of the batch must have no gap;
    /// else `.gap`, and nothing is taken. Then, per event:
    ///
    /// 1. An accepted event with this dot: the same bytes are a `duplicate`, others are rejected, `fork`. A parked one: `parked` (or the problem it was found to have), or `fork`.
    /// 2. The device is one of `rules.refused`, or its chain, followed over the batch, is not that of `rules.claims` (`chainBroken`): rejected. All its new events of the batch are.
    /// 3. The epoch was not granted to the device, or a policy wants one: rejected.
    /// 4. Something before it is missing (its device's event before it, or one that its context covers): `parked`, kept durably. So are the same device's events behind a rejected one.
    /// 5. The context is not closed: rejected.
    /// 6. `accepted`, or `concurrent` when the record is in conflict after it. Then parked events for which it was missing, by the same rules; one that is found wrong stays parked
    ///    with its problem.
    ///
    /// - Throws: `.gap` or `.failed`.
    mutating func admit(_ batch: Batch, under rules: AdmissionRules) throws(HubLogError) -> Admission

    /// What stands for all events before `position` in their order; nil beyond the end.
    ///
    /// - Throws: `.failed`.
    func digest(at position: Position) throws(HubLogError) -> Hash256?

    /// A position at or behind this one before which `known` covers all events from it on; at a boundary that costs nothing to find.
    ///
    /// - Throws: `.failed`.
    func firstPosition(from position: Position, beyond known: VersionVector) throws(HubLogError) -> Position

    /// Compares a chain with the one here, as far as both reach: a head beyond the last accepted event says nothing.
    ///
    /// - Throws: `.failed`.
    func agreement(with head: ChainHead) throws(HubLogError) -> ChainAgreement

    /// The critical events from `position` on: asked once, when a hub starts, for what was admitted and not yet noted.
    ///
    /// - Throws: `.failed`.
    func criticalEvents(from position: Position) throws(HubLogError) -> [CriticalEvent]
}

/// Why a log did not do what it was asked.
package enum HubLogError: Error, Hashable, Sendable {
    /// This event has to come next.
    case gap(expected: Dot)
    /// The disk refused; nothing more can be written by this process.
    case failed
}

/// Whether two chains of a device are one.
package enum ChainAgreement: Hashable, Sendable {
    case same
    case other
    /// The head lies beyond what is here.
    case beyond
}

/// What the hub knows and the log does not.
package struct AdmissionRules: Hashable, Sendable {
    package var grants: EpochGrants
    /// The registry, revoked devices included.
    package var devices: [DeviceID: EnrolledDevice]
    /// Whether a writer that is not in the registry may have led. A hub that was put back may have forgotten whom it let in; it takes the word of a pusher that may lead itself.
    package var believesStrangers: Bool
    /// Chains as the pusher says that they are.
    package var claims: [ChainHead]
    /// Devices whose events of this push are rejected, and why.
    package var refused: [DeviceID: ProblemCode]

    package init(
        grants: EpochGrants = EpochGrants(), devices: [DeviceID: EnrolledDevice] = [:], believesStrangers: Bool = false,
        claims: [ChainHead] = [], refused: [DeviceID: ProblemCode] = [:]
    ) {
        self.grants = grants
        self.devices = devices
        self.believesStrangers = believesStrangers
        self.claims = claims
        self.refused = refused
    }

    /// What is wrong with the lease that an event was written under; nil where nothing is.
    ///
    /// An epoch must have been granted to its writer. Policies of a device that has joined the workspace want one; what it wrote before it joined, and what others wrote who never did, needs none.
    package func problemWithLease(of event: Event) -> ProblemCode? {
        guard event.epoch == 0 else { return isGranted(event.epoch, to: event.dot.device) ? nil : .epochNeverGranted }
        guard event.key.collection == .policies, let seq = devices[event.dot.device]?.seqAtEnrolment else { return nil }
        return event.dot.seq > seq ? .leaseMissing : nil
    }

    /// Whether the device has held the lease of this epoch.
    package func isGranted(_ epoch: UInt64, to device: DeviceID) -> Bool {
        grants.isGranted(epoch, to: device, mayLead: mayHaveLed(device))
    }

    /// Whether the device may ever have had a lease.
    func mayHaveLed(_ device: DeviceID) -> Bool { devices[device].map { $0.role == .master } ?? believesStrangers }
}

/// What became of a batch.
package struct Admission: Hashable, Sendable {
    /// In the order of the batch, covering all its events; of blocks perhaps only the first ones: the others are to be pushed as events.
    package var runs: [VerdictRun]
    /// What was accepted, parked events of earlier pushes included: per device, ascending.
    package var accepted: [DeviceRun]
    /// Whether there is anything to be made durable, parked events included.
    package var isChanged: Bool
    /// The accepted events that are critical, by position.
    package var critical: [CriticalEvent]

    package init(
        runs: [VerdictRun] = [], accepted: [DeviceRun] = [], isChanged: Bool = false, critical: [CriticalEvent] = []
    ) {
        self.runs = runs
        self.accepted = accepted
        self.isChanged = isChanged
        self.critical = critical
    }
}

/// Events of one device that follow each other.
package struct DeviceRun: Hashable, Sendable {
    package let device: DeviceID
    package let seqs: ClosedRange<UInt64>

    package init(device: DeviceID, seqs: ClosedRange<UInt64>) {
        self.device = device
        self.seqs = seqs
    }
}

/// An accepted event that devices must get at once.
package struct CriticalEvent: Hashable, Sendable {
    package let position: Position
    package let dot: Dot
    /// Of its JSON form.
    package let byteCount: Int

    package init(position: Position, dot: Dot, byteCount: Int) {
        self.position = position
        self.dot = dot
        self.byteCount = byteCount
    }
}
