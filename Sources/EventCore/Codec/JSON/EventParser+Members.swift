/// Members that hold one value.
extension EventParser {
    /// Checks that a value of the member's type comes next.
    func expect(_ type: JSONType, of member: EventMember, _ scanner: JSONScanner) throws(JSONError) {
        guard let found = JSONType(firstByte: scanner.next) else { throw scanner.unexpected() }
        guard found == type else { throw scanner.failure(.wrongType(member, expected: type)) }
    }

    /// An integer of `range`; `1.0` is one too, since its canonical form is.
    func integer(_ scanner: inout JSONScanner, of member: EventMember, in range: ClosedRange<UInt64>) throws(JSONError) -> UInt64 {
        try expect(.number, of: member, scanner)
        let number = try scanner.number()
        guard let value = try value(of: number, scanner, member), range.contains(value) else {
            throw scanner.failure(.memberOutOfRange(member), at: number.start)
        }
        return value
    }

    /// The integer; nil when it is below 0 or beyond 64 bits.
    private func value(of number: JSONNumber, _ scanner: JSONScanner, _ member: EventMember) throws(JSONError) -> UInt64? {
        if number.isShortInteger && scanner.bytes[number.start] != UInt8(ascii: "-") {
            var value: UInt64 = 0
            for index in number.start..<number.end { value = value &* 10 &+ UInt64(scanner.bytes[index] &- UInt8(ascii: "0")) }
            return value
        }
        let form = String(decoding: try scanner.canonicalForm(of: number), as: UTF8.self)
        // What canonical JSON prints with a plus is an integer from 10^21 on.
        guard !form.utf8.contains(UInt8(ascii: ".")) || form.utf8.contains(UInt8(ascii: "+")), !form.contains("e-") else {
            throw scanner.failure(.notAnInteger(member), at: number.start)
        }
        return UInt64(form)
    }

    /// `true` or `false`.
    func boolean(_ scanner: inout JSONScanner, of member: EventMember) throws(JSONError) -> Bool {
        try expect(.boolean, of: member, scanner)
        let isTrue = scanner.next == UInt8(ascii: "t")
        try scanner.word(isTrue ? "true" : "false")
        return isTrue
    }

    /// A lower-case UUID.
    mutating func device(_ scanner: inout JSONScanner, of member: EventMember) throws(JSONError) -> DeviceID {
        try expect(.string, of: member, scanner)
        let place = scanner.offset
        let text = try scanner.string()
        let device = try scanner.withText(text, scratch: &scratch) { (bytes) throws(JSONError) in DeviceID(utf8: bytes) }
        guard let device else { throw scanner.failure(.invalidDevice(member), at: place) }
        return device
    }

    /// `device:seq`.
    mutating func dot(_ scanner: inout JSONScanner, of member: EventMember) throws(JSONError) -> Dot {
        try expect(.string, of: member, scanner)
        let place = scanner.offset
        let text = try scanner.string()
        let dot = try scanner.withText(text, scratch: &scratch) { (bytes) throws(JSONError) in Dot(utf8: bytes) }
        guard let dot else { throw scanner.failure(.invalidDot(member), at: place) }
        return dot
    }

    /// The word of a kind.
    mutating func kind(_ scanner: inout JSONScanner) throws(JSONError) -> EventKind {
        try expect(.string, of: .kind, scanner)
        let place = scanner.offset
        let word = try scanner.array(try scanner.string())
        guard let kind = EventKind(word: String(decoding: word, as: UTF8.self)) else {
            throw scanner.failure(.unknownKind(word), at: place)
        }
        return kind
    }

    /// The name of a collection, a record or a field.
    mutating func name(_ scanner: inout JSONScanner, of member: EventMember) throws(JSONError) -> Name {
        try expect(.string, of: member, scanner)
        let place = scanner.offset
        let text = try scanner.string()
        // Records come and go; what names their parts comes again in each line.
        if member != .record, !text.hasEscapes, (1...Limits.nameBytes).contains(text.end - text.start) {
            return names.name(UnsafeBufferPointer(rebasing: scanner.bytes[text.start..<text.end]))
        }
        let utf8 = try scanner.array(text)
        guard !utf8.isEmpty else { throw scanner.failure(.member(member, .emptyName), at: place) }
        guard utf8.count <= Limits.nameBytes else { throw scanner.failure(.member(member, .nameTooLong(bytes: utf8.count)), at: place) }
        return Name(unchecked: utf8)
    }

    /// The writer's reason.
    mutating func note(_ scanner: inout JSONScanner) throws(JSONError) -> Note {
        try expect(.string, of: .note, scanner)
        let place = scanner.offset
        let utf8 = try scanner.array(try scanner.string())
        do { return try Note(utf8: utf8) } catch { throw scanner.failure(.member(.note, error), at: place) }
    }
}

extension Dot {
    /// Reads `device:seq` with seq from 1 to `Limits.seq`, without sign and leading zeros; nil for anything else.
    package init?(utf8 text: UnsafeBufferPointer<UInt8>) {
        guard text.count > 37 && text.count <= 37 + 19 && text[36] == UInt8(ascii: ":") else { return nil }
        guard let device = DeviceID(utf8: UnsafeBufferPointer(rebasing: text[..<36])) else { return nil }
        let digits = text[37...]
        guard digits.first != UInt8(ascii: "0") && digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return nil }
        // 19 digits fit into 64 bits.
        let seq = digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
        guard seq <= Limits.seq else { return nil }
        self.init(device: device, seq: seq)
    }
}
