/// The range of a string between its quotes.
struct JSONText {
    let start: Int
    let end: Int
    /// Whether a backslash is among the bytes, so that they are not the text itself.
    let hasEscapes: Bool
}

extension JSONScanner {
    /// Steps over a string, whose opening quote comes next, and checks all of it.
    mutating func string() throws(JSONError) -> JSONText {
        try expect(UInt8(ascii: "\""))
        let start = offset
        var hasEscapes = false
        while true {
            offset = firstNotPlain(from: offset)
            guard offset < bytes.count else { throw failure(.unexpectedEnd) }
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return JSONText(start: start, end: offset - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                offset = try escape(at: offset).end
            case let byte where byte < 0x20:
                throw failure(.controlCharacter(byte))
            default:
                let length = sequenceLength(at: offset)
                guard length > 0 else { throw failure(.invalidUTF8) }
                offset += length
            }
        }
    }

    /// The text itself, unescaped. Uses `scratch` only where there are escapes.
    func withText<Result>(
        _ text: JSONText, scratch: inout [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        guard text.hasEscapes else { return try body(UnsafeBufferPointer(rebasing: bytes[text.start..<text.end])) }
        scratch.removeAll(keepingCapacity: true)
        try append(text, to: &scratch)
        return try scratch.withUnsafeBufferPointer(body)
    }

    /// The text itself, unescaped.
    func array(_ text: JSONText) throws(JSONError) -> [UInt8] {
        guard text.hasEscapes else { return Array(bytes[text.start..<text.end]) }
        var result: [UInt8] = []
        try append(text, to: &result)
        return result
    }

    /// Appends the text itself, unescaped.
    func append(_ text: JSONText, to result: inout [UInt8]) throws(JSONError) {
        var place = text.start
        while place < text.end {
            let stop = firstBackslash(in: place..<text.end)
            result.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[place..<stop]))
            guard stop < text.end else { return }
            let escape = try escape(at: stop)
            if let encoded = UTF8.encode(escape.scalar) { result.append(contentsOf: encoded) }
            place = escape.end
        }
    }

    /// The first backslash in `range`, else its end.
    func firstBackslash(in range: Range<Int>) -> Int {
        var place = range.lowerBound
        while place < range.upperBound && bytes[place] != UInt8(ascii: "\\") { place += 1 }
        return place
    }

    /// The scalar that the escape at `place` stands for, both halves of a surrogate pair taken together, and where the escape ends.
    func escape(at place: Int) throws(JSONError) -> (scalar: Unicode.Scalar, end: Int) {
        guard place + 1 < bytes.count else { throw failure(.unexpectedEnd, at: bytes.count) }
        switch bytes[place + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return (Unicode.Scalar(bytes[place + 1]), place + 2)
        case UInt8(ascii: "b"): return ("\u{08}", place + 2)
        case UInt8(ascii: "t"): return ("\t", place + 2)
        case UInt8(ascii: "n"): return ("\n", place + 2)
        case UInt8(ascii: "f"): return ("\u{0C}", place + 2)
        case UInt8(ascii: "r"): return ("\r", place + 2)
        case UInt8(ascii: "u"): return try unicodeEscape(at: place)
        default: throw failure(.invalidEscape, at: place)
        }
    }

    private func unicodeEscape(at place: Int) throws(JSONError) -> (scalar: Unicode.Scalar, end: Int) {
        let unit = try codeUnit(at: place)
        if let scalar = Unicode.Scalar(unit) { return (scalar, place + 6) }
        let isPair = UTF16.isLeadSurrogate(unit) && place + 7 < bytes.count && bytes[place + 6] == UInt8(ascii: "\\")
        guard isPair && bytes[place + 7] == UInt8(ascii: "u") else { throw failure(.loneSurrogate, at: place) }
        let second = try codeUnit(at: place + 6)
        let value = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(second & 0x3FF))
        guard UTF16.isTrailSurrogate(second), let scalar = Unicode.Scalar(value) else { throw failure(.loneSurrogate, at: place) }
        return (scalar, place + 12)
    }

    /// The four hexadecimal digits of the `\u` at `place`.
    private func codeUnit(at place: Int) throws(JSONError) -> UInt16 {
        guard place + 6 <= bytes.count else { throw failure(.unexpectedEnd, at: bytes.count) }
        var unit: UInt16 = 0
        for index in (place + 2)..<(place + 6) {
            guard let digit = Self.digit(bytes[index]) else { throw failure(.invalidEscape, at: place) }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func digit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }

    /// The first byte from `place` on that is a quote, a backslash, a control character or not ASCII; else the end.
    ///
    /// Eight bytes at a time. A borrow can raise false bits only above a true one, so the lowest bit is always true.
    /// Source: A. Mycroft's test for a zero byte (1987).
    private func firstNotPlain(from place: Int) -> Int {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let raw = UnsafeRawBufferPointer(bytes)
        var place = place
        while place + 8 <= bytes.count {
            let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            let controls = (word &- (ones &* 0x20)) & ~word
            let stops = ((quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | controls | word) & highs
            if stops != 0 { return place + stops.trailingZeroBitCount / 8 }
            place += 8
        }
        while place < bytes.count {
            let byte = bytes[place]
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return place }
            place += 1
        }
        return place
    }

    /// The length of the well-formed UTF-8 sequence at `place`; 0 when it is not one. Source: Unicode 16, table 3-7.
    private func sequenceLength(at place: Int) -> Int {
        func isContinuation(_ index: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            place + index < bytes.count && range.contains(bytes[place + index])
        }
        switch bytes[place] {
        case 0xC2...0xDF: return isContinuation(1) ? 2 : 0
        case 0xE0: return isContinuation(1, 0xA0...0xBF) && isContinuation(2) ? 3 : 0
        case 0xED: return isContinuation(1, 0x80...0x9F) && isContinuation(2) ? 3 : 0
        case 0xE1...0xEF: return isContinuation(1) && isContinuation(2) ? 3 : 0
        case 0xF0: return isContinuation(1, 0x90...0xBF) && isContinuation(2) && isContinuation(3) ? 4 : 0
        case 0xF1...0xF3: return isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
        case 0xF4: return isContinuation(1, 0x80...0x8F) && isContinuation(2) && isContinuation(3) ? 4 : 0
        default: return 0
        }
    }
}
