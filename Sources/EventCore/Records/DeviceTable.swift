/// Devices of a store, numbered in the order in which they came.
package struct DeviceTable {
    package private(set) var devices: [DeviceID] = []
    /// Open addressing: a device's number + 1; 0 is an empty slot. At most half full.
    private var slots = [UInt32](repeating: 0, count: 16)

    /// No device.
    package init() {}

    /// The number of `device`; nil if it never came.
    package func index(of device: DeviceID) -> UInt32? {
        let number = slots[slot(of: device)]
        return number == 0 ? nil : number - 1
    }

    /// The number of `device`, which is added when it has none.
    package mutating func index(adding device: DeviceID) -> UInt32 {
        let at = slot(of: device)
        if slots[at] != 0 { return slots[at] - 1 }
        devices.append(device)
        slots[at] = UInt32(devices.count)
        if devices.count * 2 > slots.count { grow() }
        return UInt32(devices.count - 1)
    }

    /// The slot that holds the device, or the empty one where it belongs.
    private func slot(of device: DeviceID) -> Int {
        var at = Self.hash(device) & (slots.count - 1)
        while slots[at] != 0 && devices[Int(slots[at]) - 1] != device { at = (at + 1) & (slots.count - 1) }
        return at
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 4)
        for (number, device) in devices.enumerated() { slots[slot(of: device)] = UInt32(number + 1) }
    }

    /// A wide multiplication, as in `keyHash`, with its constants: most ids are random, but nobody has to choose one so.
    private static func hash(_ device: DeviceID) -> Int {
        let product = (device.high ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: device.low ^ 0xe703_7ed1_a0b4_28db)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }
}
