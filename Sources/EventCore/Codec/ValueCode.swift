/// How a value, or the absence of one, is written in a block: one tag byte and its payload.
///
/// Layout: EventFormat.md, "Value". The upper three bits of the tag are the type, the lower five the payload's length in bytes
/// (0…30), or 31 when a varint length follows (text and string only). Each value has exactly one code, so equal values have equal bytes.
package enum ValueCode {
    /// Canonical JSON text that fits no other type.
    package static let text: UInt8 = 0
    /// A string whose JSON form needs no escape: its UTF-8 without the quotes.
    package static let string: UInt8 = 1
    /// An integer within Int64: as few little-endian two's complement bytes as hold it, none for 0.
    package static let integer: UInt8 = 2
    /// No payload; the lower five bits say which: removed, null, false, true.
    package static let special: UInt8 = 3

    package static let removedTag = special << 5
    package static let nullTag = special << 5 | 1
    package static let falseTag = special << 5 | 2
    package static let trueTag = special << 5 | 3

    /// The length field that announces a varint length.
    package static let longLength: UInt8 = 31

    /// Appends the code of `value`; nil is *removed*.
    package static func append(_ value: FieldValue?, to bytes: inout [UInt8]) {
        guard let canonical = value?.canonical else {
            bytes.append(removedTag)
            return
        }
        let code = [UInt8](unsafeUninitializedCapacity: bound(canonical.count) + UnsafeMutableRawPointer.slackBytes) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            var at = UnsafeMutableRawPointer(base)
            canonical.withUnsafeBytes { write($0, to: &at) }
            count = at - UnsafeMutableRawPointer(base)
        }
        bytes.append(contentsOf: code)
    }

    /// The most bytes that a value of so many canonical bytes takes.
    static func bound(_ canonicalBytes: Int) -> Int { canonicalBytes + 6 }

    /// Writes the code of the value that has this canonical form.
    @inline(__always)
    static func write(_ canonical: UnsafeRawBufferPointer, to at: inout UnsafeMutableRawPointer) {
        let first = canonical[0]
        if first == UInt8(ascii: "\"") && !hasBackslash(canonical) {
            write(type: string, UnsafeRawBufferPointer(rebasing: canonical[1..<(canonical.count - 1)]), to: &at)
        } else if let tag = specialTag(canonical) {
            at.put(tag)
        } else if let number = smallInteger(canonical) {
            let byteCount = byteCount(number)
            at.put(integer << 5 | UInt8(byteCount))
            at.storeBytes(of: number.littleEndian, as: Int64.self)
            at += byteCount
        } else {
            write(type: text, canonical, to: &at)
        }
    }

    /// The value whose tag and payload these are; nil is *removed*.
    ///
    /// - Throws: `.malformed` for a tag that no value has.
    package static func value(tag: UInt8, payload: UnsafeRawBufferPointer) throws(BlockError) -> FieldValue? {
        guard isValue(tag: tag, payload: payload) else { throw .malformed(offset: 0) }
        switch tag >> 5 {
        case text: return FieldValue(uncheckedCanonical: Array(payload))
        case string:
            let quote = UInt8(ascii: "\"")
            return FieldValue(uncheckedCanonical: [quote] + Array(payload) + [quote])
        case integer: return FieldValue(uncheckedCanonical: Array(String(signedInteger(payload)).utf8))
        default:
            switch tag {
            case removedTag: return nil
            case nullTag: return .null
            case falseTag: return FieldValue(uncheckedCanonical: Array("false".utf8))
            default: return FieldValue(uncheckedCanonical: Array("true".utf8))
            }
        }
    }

    /// Whether some value, or its absence, has this tag and payload.
    static func isValue(tag: UInt8, payload: UnsafeRawBufferPointer) -> Bool {
        switch tag >> 5 {
        case text: !payload.isEmpty && !isOfOtherType(payload)
        case string: true
        case integer: payload.count <= 8
        case special: tag <= trueTag
        default: false
        }
    }

    /// Reads tag and payload at the cursor.
    package static func read(_ cursor: inout ByteCursor) throws(BlockError) -> FieldValue? {
        let tag = try cursor.byte()
        var length = tag >> 5 == special ? 0 : Int(tag & 31)
        if length == Int(longLength) { length = try cursor.count() }
        return try value(tag: tag, payload: try cursor.take(length))
    }

    /// Steps over tag and payload at the cursor.
    static func skip(_ cursor: inout ByteCursor) throws(BlockError) {
        let tag = try cursor.byte()
        var length = tag >> 5 == special ? 0 : Int(tag & 31)
        if length == Int(longLength) { length = try cursor.count() }
        _ = try cursor.take(length)
    }

    /// Steps over so many values at the cursor.
    static func skip(_ count: Int, _ cursor: inout ByteCursor) throws(BlockError) {
        let bytes = cursor.bytes
        var offset = cursor.offset
        for _ in 0..<count {
            guard offset < bytes.count else { throw .malformed(offset: offset) }
            let tag = bytes[offset]
            if tag & 31 == longLength && tag >> 5 != special {
                _ = try cursor.take(offset - cursor.offset)
                try skip(&cursor)
                offset = cursor.offset
            } else {
                offset &+= 1 &+ (tag >> 5 == special ? 0 : Int(tag & 31))
            }
        }
        _ = try cursor.take(offset - cursor.offset)
    }

    @inline(__always)
    private static func write(type: UInt8, _ payload: UnsafeRawBufferPointer, to at: inout UnsafeMutableRawPointer) {
        if payload.count < Int(longLength) {
            at.put(type << 5 | UInt8(truncatingIfNeeded: payload.count))
        } else {
            at.put(type << 5 | longLength)
            at.put(varint: UInt64(payload.count))
        }
        at.put(payload)
    }

    /// Eight bytes at a time: a byte of `word` is zero where the text has a backslash, and subtracting one borrows into its highest bit.
    @inline(__always)
    private static func hasBackslash(_ text: UnsafeRawBufferPointer) -> Bool {
        let backslash = UInt8(ascii: "\\")
        var offset = 0
        while offset &+ 8 <= text.count {
            let word = text.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ (0x0101_0101_0101_0101 &* UInt64(backslash))
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { return true }
            offset &+= 8
        }
        while offset < text.count {
            if text[offset] == backslash { return true }
            offset &+= 1
        }
        return false
    }

    /// Whether another type holds this canonical text: one value, one code.
    private static func isOfOtherType(_ text: UnsafeRawBufferPointer) -> Bool {
        if text[0] == UInt8(ascii: "\"") { return !hasBackslash(text) }
        return specialTag(text) != nil || smallInteger(text) != nil
    }

    private static func specialTag(_ canonical: UnsafeRawBufferPointer) -> UInt8? {
        guard canonical.count <= 5 else { return nil }
        switch canonical[0] {
        case UInt8(ascii: "n"): return nullTag
        case UInt8(ascii: "f"): return falseTag
        case UInt8(ascii: "t"): return trueTag
        default: return nil
        }
    }

    /// The integer whose canonical text this is; nil for anything else and for integers beyond Int64.
    @inline(__always)
    private static func smallInteger(_ canonical: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = canonical[0] == UInt8(ascii: "-")
        var at = isNegative ? 1 : 0
        guard canonical.count > at && canonical.count - at <= 19 else { return nil }
        var number: UInt64 = 0
        while at < canonical.count {
            let digit = canonical[at] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            number = number &* 10 &+ UInt64(digit)
            at &+= 1
        }
        if isNegative { return number <= UInt64(1) << 63 ? Int64(bitPattern: 0 &- number) : nil }
        return Int64(exactly: number)
    }

    /// How few bytes of two's complement hold the number; none for 0.
    @inline(__always)
    private static func byteCount(_ number: Int64) -> Int {
        number == 0 ? 0 : (72 - (number < 0 ? ~number : number).leadingZeroBitCount) >> 3
    }

    private static func signedInteger(_ payload: UnsafeRawBufferPointer) -> Int64 {
        guard let last = payload.last else { return 0 }
        var number: UInt64 = last >= 0x80 ? .max : 0
        for byte in payload.reversed() { number = number << 8 | UInt64(byte) }
        return Int64(bitPattern: number)
    }
}
