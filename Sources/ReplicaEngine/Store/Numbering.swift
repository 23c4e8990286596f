internal import EventCore

/// Values as small numbers, in the order in which they were met.
struct Numbering<Value: Hashable> {
    private(set) var values: [Value] = []
    private var numbers: [Value: Int] = [:]

    init() {}

    mutating func number(of value: Value) -> Int {
        if let number = numbers[value] { return number }
        numbers[value] = values.count
        values.append(value)
        return values.count - 1
    }

    /// The value whose number comes next.
    func value(_ cursor: inout ByteCursor) throws(BlockError) -> Value {
        let start = cursor.offset
        let number = try cursor.varint()
        guard number < UInt64(values.count) else { throw .malformed(offset: start) }
        return values[Int(number)]
    }
}

// In a derived file: their count, then the values in their order.

extension Numbering<DeviceID> {
    init(_ cursor: inout ByteCursor) throws(BlockError) {
        for _ in 0..<(try cursor.count(unitBytes: 16)) { _ = number(of: DeviceID(bytes: try cursor.take(16))) }
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(values.count)
        for device in values { bytes.append(contentsOf: device.bytes) }
    }
}

extension Numbering<EventTrait> {
    init(_ cursor: inout ByteCursor) throws(BlockError) {
        for _ in 0..<(try cursor.count()) { _ = number(of: try EventTrait(&cursor)) }
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(values.count)
        for trait in values { bytes += trait.bytes }
    }
}

extension Numbering<Name> {
    init(_ cursor: inout ByteCursor) throws(BlockError) {
        for _ in 0..<(try cursor.count(unitBytes: 2)) { _ = number(of: try cursor.name()) }
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(values.count)
        for name in values { bytes += [UInt8(name.utf8.count)] + name.utf8 }
    }
}
