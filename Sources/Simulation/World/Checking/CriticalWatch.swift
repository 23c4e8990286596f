package import EventCore

/// The critical events that a hub accepted, and to whom they were sent.
package struct CriticalWatch {
    private var sent: [Dot: Set<DeviceID>] = [:]
    private var owed: [Dot: Set<DeviceID>] = [:]

    package init() {}

    /// The hub accepted a critical event: these devices were enrolled then, the writer is not among them.
    package mutating func accepted(_ dot: Dot, owedTo devices: some Sequence<DeviceID>) { owed[dot, default: []].formUnion(devices) }

    /// Whether the device had it sent to it before.
    package mutating func sent(_ dot: Dot, to device: DeviceID) -> Bool { !sent[dot, default: []].insert(device).inserted }

    /// The hub was put back: nothing is owed before it accepts it once more.
    package mutating func forget() { owed = [:] }

    /// Looks for devices to which an event was never sent.
    package func check(without excluded: Set<DeviceID>, at hub: String) throws(Violation) {
        for (dot, devices) in owed.sorted(by: { $0.key < $1.key }) {
            let missed = devices.subtracting(sent[dot] ?? []).subtracting(excluded)
            guard missed.isEmpty else {
                throw Violation(.criticalEverywhere, "\(hub) has never sent \(dot) to \(missed.sorted())")
            }
        }
    }
}
