/// Reads the tokens of RFC 8259 from borrowed bytes, strictly; makes nothing of them but ranges.
///
/// The bytes must outlive the scanner. Nothing is allocated unless something is refused.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    /// Where the next token starts.
    var offset = 0
    private let firstLine: Int

    /// A scanner at the start of `bytes`, whose first line has the number `line`.
    init(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) {
        self.bytes = bytes
        firstLine = line
    }

    /// The byte at `offset`; 0, which starts no token, behind the end.
    var next: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    /// Steps over the white space of RFC 8259.
    mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// Steps over `byte`, which must come next.
    mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard next == byte else { throw unexpected() }
        offset += 1
    }

    /// Steps over the colon behind a key and the white space around it.
    mutating func colon() throws(JSONError) {
        skipWhitespace()
        try expect(UInt8(ascii: ":"))
        skipWhitespace()
    }

    /// Steps over the comma between two items, with the white space around it, or over the `close` behind the last one.
    ///
    /// - Returns: whether another item follows.
    mutating func another(before close: UInt8) throws(JSONError) -> Bool {
        skipWhitespace()
        guard next == UInt8(ascii: ",") else {
            try expect(close)
            return false
        }
        offset += 1
        skipWhitespace()
        return true
    }

    /// Steps over an opening bracket and the white space behind it, and over `close` when it follows at once.
    ///
    /// - Returns: whether there is a first item.
    mutating func first(before close: UInt8) -> Bool {
        offset += 1
        skipWhitespace()
        guard next == close else { return true }
        offset += 1
        return false
    }

    /// Steps over one of `null`, `true` and `false`, whose first byte has been seen.
    mutating func word(_ word: StaticString) throws(JSONError) {
        for index in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[index]) }
    }

    /// Checks that only white space is left.
    mutating func end() throws(JSONError) {
        skipWhitespace()
        guard offset == bytes.count else { throw failure(.trailingBytes) }
    }

    /// The refusal of what stands at `offset`, where something else should.
    @inline(never)
    func unexpected() -> JSONError {
        guard offset < bytes.count else { return failure(.unexpectedEnd) }
        if starts(with: "\u{FEFF}") { return failure(.byteOrderMark) }
        if starts(with: "NaN") || starts(with: "Infinity") { return failure(.notANumber) }
        return failure(.unexpectedByte(bytes[offset]))
    }

    /// A refusal at `offset`.
    func failure(_ reason: JSONError.Reason) -> JSONError { failure(reason, at: offset) }

    /// A refusal at `place`; counts the lines before it.
    @inline(never)
    func failure(_ reason: JSONError.Reason, at place: Int) -> JSONError {
        var (line, lineStart) = (firstLine, 0)
        for index in 0..<place where bytes[index] == 0x0A {
            line += 1
            lineStart = index + 1
        }
        return JSONError(line: line, column: place - lineStart + 1, offset: place, reason: reason)
    }

    private func starts(with word: StaticString) -> Bool {
        guard bytes.count - offset >= word.utf8CodeUnitCount else { return false }
        return (0..<word.utf8CodeUnitCount).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
    }
}
