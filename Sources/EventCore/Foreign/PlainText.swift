/// Text as bytes from elsewhere.
enum PlainText {
    /// Whether the bytes are well-formed UTF-8 in which JSON escapes nothing.
    @inline(__always)
    static func isPlain(_ text: UnsafeRawPointer, _ count: Int) -> Bool {
        var (offset, others) = (0, UInt64(0))
        while offset &+ 8 <= count {
            let word = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            guard !hasEscaped(word) else { return false }
            others |= word
            offset &+= 8
        }
        if offset < count {
            // Spaces where there is nothing more.
            var word: UInt64 = 0x2020_2020_2020_2020
            withUnsafeMutableBytes(of: &word) { $0.copyMemory(from: UnsafeRawBufferPointer(start: text + offset, count: count - offset)) }
            guard !hasEscaped(word) else { return false }
            others |= word
        }
        return others & 0x8080_8080_8080_8080 == 0 || UnsafeRawBufferPointer(start: text, count: count).isValidUTF8
    }

    /// Whether a byte is a control character, a quote or a backslash. A subtraction borrows into a byte's highest bit where it is below what is subtracted.
    @inline(__always)
    private static func hasEscaped(_ word: UInt64) -> Bool {
        let controls = (word &- 0x2020_2020_2020_2020) & ~word
        return (controls | zero(word ^ 0x2222_2222_2222_2222) | zero(word ^ 0x5C5C_5C5C_5C5C_5C5C)) & 0x8080_8080_8080_8080 != 0
    }

    @inline(__always)
    private static func zero(_ word: UInt64) -> UInt64 { (word &- 0x0101_0101_0101_0101) & ~word }
}
