/// The order of an object's keys in canonical JSON: by UTF-16 code units. Source: RFC 8785, section 3.2.3.
///
/// UTF-8 compared byte by byte has the same order but for one thing: the code units of U+10000 and above (lead bytes from F0 on)
/// come before those of U+E000…U+FFFF (lead bytes EE and EF).
package enum JSONKeyOrder {
    /// Whether `left` comes before `right`; both must be UTF-8.
    package static func areInIncreasingOrder(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
        var (rest, others) = (left.makeIterator(), right.makeIterator())
        while true {
            guard let other = others.next() else { return false }
            guard let byte = rest.next() else { return true }
            if byte != other { return weight(byte) < weight(other) }
        }
    }

    /// Compares like the code unit that starts with `byte`, where two texts first differ.
    static func weight(_ byte: UInt8) -> UInt8 {
        byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte
    }
}
