internal import EventCore

/// Comma-separated values as RFC 4180 has them: lines end with CR LF, cells with commas, quotes or line breaks are quoted.
///
/// A cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or CR, and is no number) gets an apostrophe in front: data never runs as code.
enum CSV {
    static func line(_ cells: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, text) in cells.enumerated() {
            if index > 0 { bytes.append(separator) }
            append(cell: Array(text.utf8), to: &bytes)
        }
        return bytes + lineEnd
    }

    static let separator = UInt8(ascii: ",")
    static let lineEnd: [UInt8] = [0x0D, 0x0A]

    /// A value as a cell has it: a string without its quotes, everything else as JSON.
    static func text(_ value: FieldValue) -> String { String(decoding: utf8(value), as: UTF8.self) }

    /// Appends a value's cell.
    static func append(_ value: FieldValue, to bytes: inout [UInt8]) { append(cell: utf8(value), to: &bytes) }

    private static func utf8(_ value: FieldValue) -> ArraySlice<UInt8> {
        let json = value.canonical
        guard json.first == UInt8(ascii: "\"") else { return json[...] }
        if !json.contains(UInt8(ascii: "\\")) { return json[1..<(json.count - 1)] }
        guard case .string(let utf8)? = try? JSONValue(json: json) else { return json[...] }
        return utf8[...]
    }

    /// Appends a cell's text, quoted where it has to be.
    static func append(cell utf8: some Collection<UInt8>, to bytes: inout [UInt8]) {
        let start = bytes.count
        if isFormula(utf8) { bytes.append(UInt8(ascii: "'")) }
        bytes += utf8
        guard utf8.contains(where: { $0 == separator || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }) else { return }
        let cell = bytes[start...].flatMap { $0 == UInt8(ascii: "\"") ? [$0, $0] : [$0] }
        bytes.replaceSubrange(start..., with: [UInt8(ascii: "\"")] + cell + [UInt8(ascii: "\"")])
    }

    private static func isFormula(_ utf8: some Collection<UInt8>) -> Bool {
        guard let first = utf8.first, "=+-@\t\r".utf8.contains(first) else { return false }
        // A negative number is a number.
        return first != UInt8(ascii: "-") || (try? FieldValue(json: Array(utf8))) == nil
    }
}
