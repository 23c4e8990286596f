/// Writes JSON into bytes: canonical escapes and numbers, no white space, commas by itself.
///
/// Members come in the order of the calls; where the output has to be canonical the caller sorts them (`JSONKeyOrder`).
package struct JSONWriter {
    /// What has been written.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    /// Starts an object.
    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    /// Ends the object.
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    /// Starts an array.
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    /// Ends the array.
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Writes a member's key; its value comes next.
    package mutating func key(_ key: StaticString) {
        comma()
        quote(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a member's key, which must be UTF-8; its value comes next.
    package mutating func key(_ utf8: some Sequence<UInt8>) {
        string(utf8)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string, which must be UTF-8.
    package mutating func string(_ utf8: some Sequence<UInt8>) {
        comma()
        if utf8.withContiguousStorageIfAvailable({ quote($0) }) == nil { Array(utf8).withUnsafeBufferPointer { quote($0) } }
        needsComma = true
    }

    /// Writes a string.
    package mutating func string(_ text: String) { string(text.utf8) }

    /// Writes an integer.
    package mutating func integer(_ integer: some FixedWidthInteger) {
        comma()
        bytes.appendDecimal(integer)
        needsComma = true
    }

    /// Writes a double; NaN and the infinities, which JSON does not have, as `null`.
    package mutating func number(_ number: Double) {
        canonical(FieldValue(number: number) ?? .null)
    }

    /// Writes `true` or `false`.
    package mutating func boolean(_ boolean: Bool) {
        comma()
        bytes.append(contentsOf: boolean ? "true".utf8 : "false".utf8)
        needsComma = true
    }

    /// Writes `null`.
    package mutating func null() { canonical(.null) }

    /// Writes a value as it is.
    package mutating func canonical(_ value: FieldValue) {
        comma()
        bytes.append(contentsOf: value.canonical)
        needsComma = true
    }

    /// Writes a device's UUID.
    package mutating func device(_ device: DeviceID) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(device)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A member whose value is a list of devices.
    package mutating func devices(_ name: StaticString, _ devices: [DeviceID]) {
        key(name)
        beginArray()
        for device in devices { self.device(device) }
        endArray()
    }

    /// Writes a dot as `device:seq`.
    package mutating func dot(_ dot: Dot) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(dot.device)
        bytes.append(UInt8(ascii: ":"))
        bytes.appendDecimal(dot.seq)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes an entry of a field: `{"dot":…,"value":…}` or `{"dot":…,"removed":true}`.
    package mutating func version(_ version: Version) {
        beginObject()
        key("dot")
        dot(version.dot)
        member("value", version.value)
        endObject()
    }

    /// Writes a value as a member, nil as `"removed":true`.
    package mutating func member(_ name: StaticString, _ value: FieldValue?) {
        if let value {
            key(name)
            canonical(value)
        } else {
            key("removed")
            boolean(true)
        }
    }

    /// Writes an array of `{"value":…}` and `{"removed":true}`.
    package mutating func values(_ values: [FieldValue?]) {
        beginArray()
        for value in values {
            beginObject()
            member("value", value)
            endObject()
        }
        endArray()
    }

    /// Writes the member `chains`: `[{"device":…,"seq":…,"hash":…,"signature":…}]`.
    package mutating func chains(_ heads: [(head: ChainHead, signature: [UInt8]?)]) {
        key("chains")
        beginArray()
        for (head, signature) in heads {
            beginObject()
            key("device")
            device(head.dot.device)
            members(of: head)
            if let signature {
                key("signature")
                string(Hexadecimal.text(signature))
            }
            endObject()
        }
        endArray()
    }

    /// Writes the members `seq` and `hash`, into an object that has begun.
    package mutating func members(of head: ChainHead) {
        key("seq")
        integer(head.dot.seq)
        key("hash")
        string(head.hash.description)
    }

    /// Writes a version vector as `{device: seq}`.
    package mutating func versionVector(_ vector: VersionVector) {
        beginObject()
        for entry in vector.entries {
            device(entry.device)
            bytes.append(UInt8(ascii: ":"))
            needsComma = false
            integer(entry.seq)
        }
        endObject()
    }

    /// Ends a line; what comes next is a value of its own.
    package mutating func endLine() {
        bytes.append(0x0A)
        needsComma = false
    }

    /// Takes whole lines that were written elsewhere.
    package mutating func raw(_ lines: UnsafeRawBufferPointer) { bytes.append(contentsOf: lines) }

    /// Forgets what has been written, and keeps the room for it.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// Makes room for so many bytes in all.
    package mutating func reserve(byteCount: Int) { bytes.reserveCapacity(byteCount) }

    private mutating func begin(_ bracket: UInt8) {
        comma()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    /// Copies the runs between what has to be escaped.
    private mutating func quote(_ utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in 0..<utf8.count where utf8[index] < 0x20 || utf8[index] == UInt8(ascii: "\"") || utf8[index] == UInt8(ascii: "\\") {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
            bytes.appendEscaped(utf8[index])
            start = index + 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        bytes.append(UInt8(ascii: "\""))
    }
}

extension [UInt8] {
    /// Appends the digits, with a minus where there is one.
    fileprivate mutating func appendDecimal(_ integer: some FixedWidthInteger) {
        if integer < 0 { append(UInt8(ascii: "-")) }
        let start = count
        var rest = UInt64(integer.magnitude)
        repeat {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends the 36 bytes of a device's UUID.
    fileprivate mutating func append(_ device: DeviceID) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
            let half = index < 8 ? device.high : device.low
            let byte = UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (index & 7)))
            append(Self.hexadecimal(byte >> 4))
            append(Self.hexadecimal(byte & 15))
        }
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
