/// A JSON value as a tree, for what has to look into one: policies, filters, output for people.
package enum JSONValue: Hashable, Sendable {
    /// A key and its value. Keys are unescaped UTF-8 and compared byte by byte.
    package struct Member: Hashable, Sendable {
        package let key: [UInt8]
        package let value: JSONValue

        package init(key: [UInt8], value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    case null
    case boolean(Bool)
    /// A number without a fraction in canonical form that fits.
    case integer(Int64)
    /// A greater one that fits.
    case unsigned(UInt64)
    /// Any other number; finite.
    case double(Double)
    /// Unescaped UTF-8.
    case string([UInt8])
    case array([JSONValue])
    /// Members in canonical order, no key twice.
    case object([Member])

    /// The tree of a value.
    ///
    /// - Throws: a `JSONError` when the bytes, taken as canonical unchecked, are not JSON at all.
    package init(_ value: FieldValue) throws(JSONError) {
        self = try value.canonical.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            var scanner = JSONScanner(bytes, line: 1)
            let tree = try Self.element(&scanner, depth: 0)
            try scanner.end()
            return tree
        }
    }

    /// The tree of one JSON value, which is checked as strictly as `FieldValue(json:)` does.
    package init(json: some Sequence<UInt8>) throws(JSONError) {
        try self.init(FieldValue(json: json))
    }

    /// The canonical form.
    package var canonical: FieldValue {
        var writer = JSONWriter()
        write(to: &writer)
        return FieldValue(uncheckedCanonical: writer.bytes)
    }

    /// Writes the canonical form.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .boolean(let boolean): writer.boolean(boolean)
        case .integer(let integer): writer.integer(integer)
        case .unsigned(let integer): writer.integer(integer)
        case .double(let number): writer.number(number)
        case .string(let utf8): writer.string(utf8)
        case .array(let items):
            writer.beginArray()
            for item in items { item.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members.sorted(by: { JSONKeyOrder.areInIncreasingOrder($0.key, $1.key) }) {
                writer.key(member.key)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }

    /// The value of an object's member; nil when there is none, or this is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key.elementsEqual(key.utf8) }?.value
    }

    private static func element(_ scanner: inout JSONScanner, depth: Int) throws(JSONError) -> JSONValue {
        guard let type = JSONType(firstByte: scanner.next) else { throw scanner.unexpected() }
        switch type {
        case .null:
            try scanner.word("null")
            return .null
        case .boolean:
            let isTrue = scanner.next == UInt8(ascii: "t")
            try scanner.word(isTrue ? "true" : "false")
            return .boolean(isTrue)
        case .number: return try number(&scanner)
        case .string: return .string(try scanner.array(try scanner.string()))
        case .array: return .array(try array(&scanner, depth: depth))
        case .object: return .object(try object(&scanner, depth: depth))
        }
    }

    private static func number(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
        let number = try scanner.number()
        let form = String(decoding: try scanner.canonicalForm(of: number), as: UTF8.self)
        if let integer = Int64(form) { return .integer(integer) }
        if let integer = UInt64(form) { return .unsigned(integer) }
        guard let double = Double(form) else { preconditionFailure("a canonical form is a number's") }
        return .double(double)
    }

    private static func array(_ scanner: inout JSONScanner, depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth < Limits.valueDepth else { throw scanner.failure(.tooDeep) }
        var items: [JSONValue] = []
        var hasMore = scanner.first(before: UInt8(ascii: "]"))
        while hasMore {
            items.append(try element(&scanner, depth: depth + 1))
            hasMore = try scanner.another(before: UInt8(ascii: "]"))
        }
        return items
    }

    private static func object(_ scanner: inout JSONScanner, depth: Int) throws(JSONError) -> [Member] {
        guard depth < Limits.valueDepth else { throw scanner.failure(.tooDeep) }
        var members: [Member] = []
        var hasMore = scanner.first(before: UInt8(ascii: "}"))
        while hasMore {
            let key = try scanner.array(try scanner.string())
            try scanner.colon()
            members.append(Member(key: key, value: try element(&scanner, depth: depth + 1)))
            hasMore = try scanner.another(before: UInt8(ascii: "}"))
        }
        return members
    }
}
