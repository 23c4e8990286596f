/// The devices of a block that is being built, numbered in the order in which they came, with what its dictionary says of each.
struct BlockDevices {
    private struct Device {
        let id: DeviceID
        /// Before its first event here, or as a context first mentioned it.
        let base: UInt64
        /// The seq of its event that was added last, its base before.
        var running: UInt64
        var authored: UInt64 = 0
        /// Of its own events; nil while it was only mentioned.
        var range: DeviceRange?
    }

    private var devices: [Device] = []
    private var indexes: [DeviceID: Int] = [:]

    var count: Int { devices.count }

    /// Those with events in the block, in their order, each with its first and last seq.
    var authors: [DeviceRange] { devices.compactMap(\.range).sorted { $0.device < $1.device } }

    /// The device's number; a new one begins at `base`.
    mutating func index(adding id: DeviceID, base: UInt64) -> Int {
        if let index = indexes[id] { return index }
        indexes[id] = devices.count
        devices.append(Device(id: id, base: base, running: base))
        return devices.count - 1
    }

    func running(_ index: Int) -> UInt64 { devices[index].running }

    /// Notes an event of the device.
    mutating func advance(_ index: Int, to seq: UInt64) {
        let (id, range) = (devices[index].id, devices[index].range)
        devices[index].running = seq
        devices[index].authored += 1
        devices[index].range = DeviceRange(device: id, first: min(range?.first ?? seq, seq), last: max(range?.last ?? seq, seq))
    }

    /// Appends how many there are, then each: id, base, count of its events.
    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(devices.count)
        for device in devices {
            bytes.append(contentsOf: device.id.bytes)
            bytes.appendVarint(device.base)
            bytes.appendVarint(device.authored)
        }
    }
}
