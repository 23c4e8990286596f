internal import EventCore
internal import SyncCore

extension DeviceLine {
    /// The members, into an object that has begun.
    func write(to writer: inout JSONWriter) {
        writer.key("device")
        writer.device(device.id)
        writer.key("name")
        writer.string(device.name)
        writer.key("role")
        writer.string(device.role.rawValue)
        writer.key("connected")
        writer.boolean(isConnected)
        writer.key("leading")
        writer.boolean(isLeading)
        writer.key("acknowledged")
        writer.integer(acknowledged)
        writer.key("enrolledAt")
        writer.integer(device.enrolledAt.index)
        for (name, number) in [
            ("revokedAt", device.revokedAt?.index), ("lastSeen", lastSeenWall), ("lag", lag), ("pending", pending),
        ] {
            guard let number else { continue }
            writer.key(name.utf8)
            writer.integer(number)
        }
        if let formerly = device.formerly {
            writer.key("formerly")
            writer.device(formerly)
        }
        if !undelivered.isEmpty { writer.positions("undelivered", undelivered) }
        signature?.write(to: &writer)
    }
}

extension LogID {
    /// 32 hexadecimal digits.
    var text: String {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
        return Hexadecimal.text(bytes)
    }
}

extension JSONWriter {
    mutating func positions(_ name: StaticString, _ positions: [Position]) {
        key(name)
        beginArray()
        for position in positions { integer(position.index) }
        endArray()
    }

    mutating func chains(_ chains: [SignedHead]) { self.chains(chains.map { ($0.head, $0.signature) }) }
}
