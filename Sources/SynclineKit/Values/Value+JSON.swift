internal import EventCore

extension Value: CustomStringConvertible {
    /// Reads JSON text, strictly: no key twice, no lone surrogate, nothing behind the value.
    ///
    /// - Throws: `.invalid`, whose message names line and column.
    public init(json: String) throws(SynclineError) {
        do throws(JSONError) { self.init(try JSONValue(json: json.utf8)) } catch { throw SynclineError(error) }
    }

    /// The canonical JSON text.
    public var json: String { String(decoding: canonical, as: UTF8.self) }

    /// The canonical JSON text.
    public var description: String { json }

    /// NaN and the infinities as null.
    var canonical: [UInt8] { tree.canonical.canonical }

    init(_ value: FieldValue) {
        // What is no JSON, which no store writes, is shown as it is.
        self = (try? JSONValue(value)).map { Value($0) } ?? .string(value.description)
    }

    private init(_ tree: JSONValue) {
        self =
            switch tree {
            case .null: .null
            case .boolean(let boolean): .boolean(boolean)
            case .integer(let integer): .integer(integer)
            case .unsigned(let integer): .unsigned(integer)
            case .double(let number): .number(number)
            case .string(let utf8): .string(String(decoding: utf8, as: UTF8.self))
            case .array(let items): .array(items.map { Value($0) })
            case .object(let members):
                .object(Dictionary(members.map { (Name(String(decoding: $0.key, as: UTF8.self)), Value($0.value)) }) { $1 })
            }
    }

    private var tree: JSONValue {
        switch self {
        case .null: .null
        case .boolean(let boolean): .boolean(boolean)
        case .integer(let integer): .integer(integer)
        case .unsigned(let integer): .unsigned(integer)
        case .number(let number): .double(number)
        case .string(let text): .string(Array(text.utf8))
        case .array(let items): .array(items.map(\.tree))
        case .object(let members):
            .object(members.map { JSONValue.Member(key: Array($0.key.text.utf8), value: $0.value.tree) })
        }
    }

    /// - Throws: `.invalid` for NaN, an infinity, and what is nested too deep.
    func checked() throws(SynclineError) -> FieldValue {
        guard isFinite else { throw SynclineError(.invalid, "NaN and Infinity are not JSON", advice: "write null, or leave the field out") }
        do throws(JSONError) { return try FieldValue(json: canonical) } catch { throw SynclineError(error) }
    }

    private var isFinite: Bool {
        switch self {
        case .number(let number): number.isFinite
        case .array(let items): items.allSatisfy(\.isFinite)
        case .object(let members): members.values.allSatisfy(\.isFinite)
        case .null, .boolean, .integer, .unsigned, .string: true
        }
    }
}

/// Fields by name, out of writes that name each once.
func values(_ writes: [FieldWrite]) -> [Name: Value] {
    Dictionary(writes.map { (Name($0.field), Value($0.value)) }) { $1 }
}
