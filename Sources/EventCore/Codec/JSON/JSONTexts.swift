/// Devices of a table as canonical JSON writes them, each written down once, and their order.
struct DeviceTexts {
    /// Of a device as a member's name: `"467fd1e3-dd18-5468-a980-b6b45d94434a":`.
    static let nameBytes = 39
    /// Of that without quotes and colon.
    static let idBytes = 36

    /// By device of the table: its place in the order of their bytes.
    private var ranks: [UInt32] = []
    private var names: [UInt8] = []

    /// Writes down the devices that are new in the table.
    mutating func learn(_ ids: [DeviceID]) {
        guard ranks.count != ids.count else { return }
        for device in ids[ranks.count...] {
            names.append(UInt8(ascii: "\""))
            names += device.utf8
            names += [UInt8(ascii: "\""), UInt8(ascii: ":")]
        }
        ranks = [UInt32](repeating: 0, count: ids.count)
        for (rank, number) in ids.indices.sorted(by: { ids[$0] < ids[$1] }).enumerated() { ranks[number] = UInt32(rank) }
    }

    @inline(__always)
    func rank(_ device: UInt32) -> UInt32 { ranks[Int(device)] }

    /// Writes a device as a member's name, its colon included.
    @inline(__always)
    func put(name device: UInt32, to at: inout UnsafeMutableRawPointer) { put(device, 0, Self.nameBytes, to: &at) }

    /// Writes its id alone.
    @inline(__always)
    func put(id device: UInt32, to at: inout UnsafeMutableRawPointer) { put(device, 1, Self.idBytes, to: &at) }

    @inline(__always)
    private func put(_ device: UInt32, _ from: Int, _ count: Int, to at: inout UnsafeMutableRawPointer) {
        names.withUnsafeBytes { bytes in
            let start = Int(device) * Self.nameBytes + from
            at.put(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)]))
        }
    }
}

/// Texts one behind the other, by number.
struct TextPieces {
    private var bytes: [UInt8] = []
    private var ends = [0]

    var count: Int { ends.count - 1 }

    mutating func append(_ text: [UInt8]) {
        bytes += text
        ends.append(bytes.count)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeLast(count)
    }

    /// How many bytes a text has.
    func byteCount(_ number: Int) -> Int { ends[number + 1] - ends[number] }

    @inline(__always)
    func put(_ number: Int, to at: inout UnsafeMutableRawPointer) {
        bytes.withUnsafeBytes { at.put(UnsafeRawBufferPointer(rebasing: $0[ends[number]..<ends[number + 1]])) }
    }
}
