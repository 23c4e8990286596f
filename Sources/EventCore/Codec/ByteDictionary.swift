/// Byte strings numbered in the order in which they first came, side by side in one buffer.
struct ByteDictionary {
    /// All strings, one behind the other.
    private(set) var bytes: [UInt8] = []
    /// Where each begins, and where the last one ends.
    private(set) var offsets: [Int] = [0]
    /// Open addressing: the number of a string plus 1; 0 is free.
    private var slots = [UInt32](repeating: 0, count: 64)

    var count: Int { offsets.count - 1 }

    subscript(number: Int) -> ArraySlice<UInt8> { bytes[offsets[number]..<offsets[number + 1]] }

    /// The number of a string, which is added when it is new.
    mutating func index(adding string: [UInt8]) -> Int {
        if (count + 1) * 2 > slots.count { grow() }
        var at = Self.hash(string[...]) & (slots.count - 1)
        while slots[at] != 0 {
            let number = Int(slots[at]) - 1
            if self[number].elementsEqual(string) { return number }
            at = (at + 1) & (slots.count - 1)
        }
        slots[at] = UInt32(count + 1)
        bytes += string
        offsets.append(bytes.count)
        return count - 1
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 4)
        for number in 0..<count {
            var at = Self.hash(self[number]) & (slots.count - 1)
            while slots[at] != 0 { at = (at + 1) & (slots.count - 1) }
            slots[at] = UInt32(number + 1)
        }
    }

    private static func hash(_ string: ArraySlice<UInt8>) -> Int {
        string.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return Int(truncatingIfNeeded: keyHash(base, bytes.count, collection: 0) >> 1)
        }
    }
}
