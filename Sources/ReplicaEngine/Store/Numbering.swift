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
