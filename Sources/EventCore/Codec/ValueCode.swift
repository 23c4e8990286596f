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
        if let tag = specialTag(canonical) {
            bytes.append(tag)
        } else if canonical[0] == UInt8(ascii: "\"") && !canonical.contains(UInt8(ascii: "\\")) {
            append(type: string, canonical[1..<(canonical.count - 1)], to: &bytes)
        } else if let number = smallInteger(canonical) {
            let payload = littleEndian(number)
            bytes.append(integer << 5 | UInt8(payload.count))
            bytes.append(contentsOf: payload)
        } else {
            append(type: text, canonical[...], to: &bytes)
        }
    }

    /// The value whose tag and payload these are; nil is *removed*.
    ///
    /// - Throws: `.malformed` for a tag that no value has.
    package static func value(tag: UInt8, payload: UnsafeRawBufferPointer) throws(BlockError) -> FieldValue? {
        switch tag >> 5 {
        case text where !payload.isEmpty: return FieldValue(uncheckedCanonical: Array(payload))
        case string:
            let quote = UInt8(ascii: "\"")
            return FieldValue(uncheckedCanonical: [quote] + Array(payload) + [quote])
        case integer where payload.count <= 8: return FieldValue(uncheckedCanonical: Array(String(signedInteger(payload)).utf8))
        case special:
            switch tag {
            case removedTag: return nil
            case nullTag: return .null
            case falseTag: return FieldValue(uncheckedCanonical: Array("false".utf8))
            case trueTag: return FieldValue(uncheckedCanonical: Array("true".utf8))
            default: throw .malformed(offset: 0)
            }
        default: throw .malformed(offset: 0)
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

    private static func append(type: UInt8, _ payload: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
        if payload.count < Int(longLength) {
            bytes.append(type << 5 | UInt8(payload.count))
        } else {
            bytes.append(type << 5 | longLength)
            bytes.appendVarint(payload.count)
        }
        bytes.append(contentsOf: payload)
    }

    private static func specialTag(_ canonical: [UInt8]) -> UInt8? {
        guard canonical.count <= 5 else { return nil }
        switch canonical[0] {
        case UInt8(ascii: "n"): return nullTag
        case UInt8(ascii: "f"): return falseTag
        case UInt8(ascii: "t"): return trueTag
        default: return nil
        }
    }

    /// The integer whose canonical text this is; nil for anything else and for integers beyond Int64.
    private static func smallInteger(_ canonical: [UInt8]) -> Int64? {
        let isNegative = canonical[0] == UInt8(ascii: "-")
        let digits = canonical[(isNegative ? 1 : 0)...]
        guard digits.count >= 1 && digits.count <= 19 else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        if isNegative { return number <= UInt64(1) << 63 ? Int64(bitPattern: 0 &- number) : nil }
        return Int64(exactly: number)
    }

    private static func littleEndian(_ number: Int64) -> [UInt8] {
        var payload: [UInt8] = []
        var rest = number
        while !(rest == 0 && (payload.last ?? 0) < 0x80) && !(rest == -1 && (payload.last ?? 0) >= 0x80) {
            payload.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        return payload
    }

    private static func signedInteger(_ payload: UnsafeRawBufferPointer) -> Int64 {
        guard let last = payload.last else { return 0 }
        var number: UInt64 = last >= 0x80 ? .max : 0
        for byte in payload.reversed() { number = number << 8 | UInt64(byte) }
        return Int64(bitPattern: number)
    }
}
