internal import CMemory

/// What tells a value of which a policy may have made another one: bytes of its code.
package struct ValueTrace: Hashable, Sendable {
    /// Stands in each form.
    private let core: [UInt8]
    /// One of these stands in the code.
    private let forms: [[UInt8]]

    private init(_ core: [UInt8], between edges: [(before: String, behind: String)], orAs code: [[UInt8]] = []) {
        self.core = core
        forms = code + edges.map { Array($0.before.utf8) + core + Array($0.behind.utf8) }
    }

    /// An item of an array.
    fileprivate init(item: FieldValue) { self.init(item.canonical, between: [("[", "]"), ("[", ","), (",", ","), (",", "]")]) }

    /// Any array.
    fileprivate static let array = ValueTrace([UInt8(ascii: "[")], between: [("", "")])

    /// A line of a text, without its end.
    fileprivate init(line: [UInt8]) {
        let text = FieldValue(utf8: line)
        var code: [UInt8] = []
        ValueCode.append(text, to: &code)
        let (quote, end) = ("\"", "\\n")
        // The only line of a text that needs no escapes has neither quotes in its code, nor an end.
        self.init(
            Array(text.canonical.dropFirst().dropLast()), between: [(quote, quote), (quote, end), (end, end), (end, quote)], orAs: [code])
    }

    /// Whether it is in a value's code, or in one of many.
    package func isIn(_ code: UnsafeRawBufferPointer) -> Bool { code.contains(core) && forms.contains { code.contains($0) } }
}

extension Policy {
    /// What at least one of the values has of which this policy makes `value`, where it makes it of several; nil where it never does.
    ///
    /// What stands in a set that was made comes from a side, and so does each line of a text: the longest one tells most.
    package func trace(of value: FieldValue) -> ValueTrace? {
        switch self {
        case .union:
            return AutomaticMerge.items(value).map { items in
                items.max { $0.canonical.count < $1.canonical.count }.map { ValueTrace(item: $0) } ?? .array
            }
        case .text:
            let lines = value.text?.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            return lines?.max { $0.count < $1.count }.map { ValueTrace(line: Array($0)) }
        case .manual, .latest, .master, .max, .min, .record: return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    func contains(_ wanted: [UInt8]) -> Bool {
        wanted.withUnsafeBytes { syncline_contains(baseAddress, count, $0.baseAddress, $0.count) != 0 }
    }
}
