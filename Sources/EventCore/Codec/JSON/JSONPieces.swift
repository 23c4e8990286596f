/// An object or an array split one level deep into ranges of its bytes: for what stands around events, whose parts other parsers read.
///
/// The bytes are borrowed. Each part is checked as JSON; a key stands once.
package struct JSONPieces {
    /// A key, unescaped, and where its value stands.
    package struct Member {
        package let key: [UInt8]
        package let value: Range<Int>
    }

    package let bytes: UnsafeBufferPointer<UInt8>

    package init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// The members of the object that fills the range.
    package func members(in range: Range<Int>? = nil) throws(JSONError) -> [Member] {
        var scanner = scanner(at: range)
        var canonicalizer = JSONCanonicalizer()
        var members: [Member] = []
        guard scanner.next == UInt8(ascii: "{") else { throw scanner.unexpected() }
        var hasMore = scanner.first(before: UInt8(ascii: "}"))
        while hasMore {
            let place = scanner.offset
            let key = try scanner.array(try scanner.string())
            guard !members.contains(where: { $0.key == key }) else { throw scanner.failure(.duplicateKey(key), at: place) }
            try scanner.colon()
            let start = scanner.offset
            _ = try canonicalizer.skip(&scanner)
            members.append(Member(key: key, value: start..<scanner.offset))
            hasMore = try scanner.another(before: UInt8(ascii: "}"))
        }
        try end(scanner, range)
        return members
    }

    /// The items of the array that fills the range.
    package func items(in range: Range<Int>? = nil) throws(JSONError) -> [Range<Int>] {
        var scanner = scanner(at: range)
        var canonicalizer = JSONCanonicalizer()
        var items: [Range<Int>] = []
        guard scanner.next == UInt8(ascii: "[") else { throw scanner.unexpected() }
        var hasMore = scanner.first(before: UInt8(ascii: "]"))
        while hasMore {
            let start = scanner.offset
            _ = try canonicalizer.skip(&scanner)
            items.append(start..<scanner.offset)
            hasMore = try scanner.another(before: UInt8(ascii: "]"))
        }
        try end(scanner, range)
        return items
    }

    /// The event that fills the range.
    package func event(in range: Range<Int>, _ parser: inout EventParser) throws(JSONError) -> Event {
        do throws(JSONError) {
            return try parser.event(UnsafeBufferPointer(rebasing: bytes[range]))
        } catch {
            throw scanner(at: nil).failure(error.reason, at: range.lowerBound + error.offset)
        }
    }

    /// The value that fills the range.
    package func value(in range: Range<Int>) throws(JSONError) -> JSONValue { try JSONValue(json: bytes[range]) }

    private func scanner(at range: Range<Int>?) -> JSONScanner {
        var scanner = JSONScanner(bytes, line: 1)
        scanner.offset = range?.lowerBound ?? 0
        scanner.skipWhitespace()
        return scanner
    }

    private func end(_ scanner: JSONScanner, _ range: Range<Int>?) throws(JSONError) {
        guard range == nil else { return }
        var scanner = scanner
        try scanner.end()
    }
}
