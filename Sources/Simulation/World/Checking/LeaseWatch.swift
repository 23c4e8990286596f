package import EventCore

/// Who was seen to lead, and under which epoch.
package struct LeaseWatch {
    private var leaders: [UInt64: DeviceID] = [:]
    private var highest: UInt64 = 0

    package init() {}

    /// The newest epoch that somebody led under.
    package var epoch: UInt64 { highest }

    /// Looks at who believes in a lease now: with the epoch, and the ids of a hub's devices.
    package mutating func look(_ holders: [(device: DeviceID, epoch: UInt64)]) throws(Violation) {
        for (device, epoch) in holders {
            if let other = leaders[epoch], other != device { throw Violation(.oneMaster, "\(other) and \(device) led under \(epoch)") }
            guard epoch >= highest else { throw Violation(.neverBack, "\(device) leads under \(epoch), and \(highest) was seen") }
            leaders[epoch] = device
            highest = epoch
        }
        guard holders.count <= 1 else {
            throw Violation(.oneMaster, "\(holders.map(\.device)) believe in leases at once")
        }
    }
}
