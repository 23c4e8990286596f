/// Values of blocks from elsewhere, where they lie.
extension ValueCode {
    /// Tag, payload and its length of the value at `value`, over which a decoder has stepped already.
    @inline(__always)
    private static func parts(_ value: UnsafeRawPointer) -> (tag: UInt8, payload: UnsafeRawPointer, count: Int) {
        let tag = value.load(as: UInt8.self)
        guard tag >> 5 < special else { return (tag, value + 1, 0) }
        guard tag & 31 == longLength else { return (tag, value + 1, Int(tag & 31)) }
        var payload = value + 1
        let count = varint(&payload)
        return (tag, payload, Int(truncatingIfNeeded: count))
    }

    /// Whether the code is the one that a value has, and there is such a value.
    @inline(__always)
    static func isCanonical(_ value: UnsafeRawPointer) -> Bool {
        let (tag, payload, count) = parts(value)
        // A long length is one that needs to be, and has no needless byte.
        if tag & 31 == longLength && tag >> 5 < special {
            guard count >= Int(longLength), payload - value - 1 == (64 - (count | 1).leadingZeroBitCount + 6) / 7 else { return false }
        }
        switch tag >> 5 {
        case string: return count <= Limits.eventBytes && PlainText.isPlain(payload, count)
        case integer: return count <= 8 && isShortest(payload, count)
        case special: return true
        default: return isCanonicalText(tag, payload, count)
        }
    }

    /// Whether fewer bytes would not hold the integer: the last one is not only what the one before says of the sign.
    private static func isShortest(_ payload: UnsafeRawPointer, _ count: Int) -> Bool {
        guard count > 0 else { return true }
        let last = payload.load(fromByteOffset: count - 1, as: UInt8.self)
        guard last == 0 || last == 0xFF, count > 1 else { return last != 0 }
        return payload.load(fromByteOffset: count - 2, as: UInt8.self) >> 7 != last & 1
    }

    @inline(never)
    private static func isCanonicalText(_ tag: UInt8, _ payload: UnsafeRawPointer, _ count: Int) -> Bool {
        let bytes = UnsafeRawBufferPointer(start: payload, count: count)
        guard count <= Limits.eventBytes, (try? Self.value(tag: tag, payload: bytes)) != nil else { return false }
        return bytes.withMemoryRebound(to: UInt8.self) { FieldValue.isCanonical($0) }
    }

    /// The most bytes that the value takes as JSON.
    @inline(__always)
    static func jsonBound(_ value: UnsafeRawPointer) -> Int { parts(value).count + 32 }

    /// Writes the value, which is canonical and not *removed*.
    @inline(__always)
    static func putJSON(_ value: UnsafeRawPointer, to at: inout UnsafeMutableRawPointer) {
        let (tag, payload, count) = parts(value)
        switch tag >> 5 {
        case string:
            at.put(UInt8(ascii: "\""))
            at.put(slack: payload, count: count)
            at.put(UInt8(ascii: "\""))
        case integer: putInteger(payload, count, to: &at)
        case special: at.put(tag == trueTag ? "true" : tag == falseTag ? "false" : "null")
        default: at.put(UnsafeRawBufferPointer(start: payload, count: count))
        }
    }

    private static func putInteger(_ payload: UnsafeRawPointer, _ count: Int, to at: inout UnsafeMutableRawPointer) {
        guard count > 0 else { return at.put(UInt8(ascii: "0")) }
        // The payload lies high in the word, and comes down with its sign.
        let word = Int64(littleEndian: payload.loadUnaligned(as: Int64.self))
        let shift = Int64(64 - 8 * count)
        let number = (word << shift) >> shift
        if number < 0 { at.put(UInt8(ascii: "-")) }
        at.put(decimal: number.magnitude)
    }
}

extension UnsafeMutableRawPointer {
    /// Copies a text of the program's.
    @inline(__always)
    mutating func put(_ text: StaticString) {
        copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        self += text.utf8CodeUnitCount
    }

    /// Writes the digits of a number.
    @inline(__always)
    mutating func put(decimal number: UInt64) {
        var (digits, power) = (1, UInt64(10))
        while digits < 20 && number >= power {
            digits += 1
            power = power &* 10
            if digits == 20 { break }
        }
        var (rest, place) = (number, digits - 1)
        while place > 0 {
            storeBytes(of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10), toByteOffset: place, as: UInt8.self)
            rest /= 10
            place -= 1
        }
        storeBytes(of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        self += digits
    }
}
