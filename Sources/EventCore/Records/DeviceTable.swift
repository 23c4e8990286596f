/// Devices of a store, numbered in the order in which they came.
package struct DeviceTable {
    package private(set) var devices: [DeviceID] = []
    private var indexes: [DeviceID: UInt32] = [:]

    init() {}

    /// The number of `device`; nil if it never came.
    package func index(of device: DeviceID) -> UInt32? { indexes[device] }

    mutating func index(adding device: DeviceID) -> UInt32 {
        if let index = indexes[device] { return index }
        let index = UInt32(devices.count)
        indexes[device] = index
        devices.append(device)
        return index
    }
}
