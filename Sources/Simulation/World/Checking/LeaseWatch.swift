package import EventCore

/// Who was seen to lead, and under which epoch.
///
/// A hub that was put back has forgotten its newest epochs, and who leads does not know it yet. Until somebody tells the hub of them it may grant one a second time (`Decisions/0015`, known limits); behind those that it passes
/// over then it never does.
package struct LeaseWatch {
    private struct Belief: Hashable {
        let device: DeviceID
        let epoch: UInt64
    }

    private var leaders: [UInt64: DeviceID] = [:]
    private var highest: UInt64 = 0
    private var grants: [UInt64: DeviceID] = [:]
    /// Leases that a hub gave which was put back since.
    private var outlived: Set<Belief> = []
    private var mayGrantTwice = false
    /// Epochs that a hub gave to one device, forgot, and gave to another.
    package private(set) var grantedTwice: Set<UInt64> = []

    package init() {}

    /// The newest epoch that somebody led under since the hub was put back.
    package var epoch: UInt64 { highest }

    /// The hub was put back, and knows of no epoch beyond this one.
    package mutating func forget(after epoch: UInt64) {
        for (later, device) in grants where later > epoch { outlived.insert(Belief(device: device, epoch: later)) }
        (highest, mayGrantTwice) = (min(highest, epoch), true)
    }

    /// The hub passed over those that it may have forgotten.
    package mutating func passedOver() { mayGrantTwice = false }

    /// The hub gave an epoch to a device.
    package mutating func granted(_ epoch: UInt64, to device: DeviceID) throws(Violation) {
        grants[epoch] = device
        outlived.remove(Belief(device: device, epoch: epoch))
        guard let other = leaders[epoch], other != device else { return }
        guard mayGrantTwice else { throw Violation(.oneMaster, "\(epoch) is granted to \(device), and \(other) led under it") }
        grantedTwice.insert(epoch)
        leaders[epoch] = nil
    }

    /// Looks at who believes in a lease now: with the epoch, and the ids of a hub's devices.
    package mutating func look(_ holders: [(device: DeviceID, epoch: UInt64)]) throws(Violation) {
        let current = holders.filter { !outlived.contains(Belief(device: $0.device, epoch: $0.epoch)) }
        for (device, epoch) in current {
            if let other = leaders[epoch], other != device { throw Violation(.oneMaster, "\(other) and \(device) led under \(epoch)") }
            guard epoch >= highest else { throw Violation(.neverBack, "\(device) leads under \(epoch), and \(highest) was seen") }
            leaders[epoch] = device
            highest = epoch
        }
        guard current.count <= 1 else {
            throw Violation(.oneMaster, "\(current.map { "\($0.device), \($0.epoch)" }) believe in leases at once")
        }
    }
}
