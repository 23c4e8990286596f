internal import EventCore

/// Comma-separated values as RFC 4180 has them: lines end with CR LF, cells with commas, quotes or line breaks are quoted.
///
/// A cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or CR, and is no number) gets an apostrophe in front: data never runs as code.
enum CSV {
    static func line(_ cells: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, text) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(cell: text, to: &bytes)
        }
        return bytes + [0x0D, 0x0A]
    }

    /// A value as a cell has it: a string without its quotes, everything else as JSON.
    static func text(_ value: FieldValue) -> String {
        if case .string(let utf8)? = try? JSONValue(json: value.canonical) { return String(decoding: utf8, as: UTF8.self) }
        return value.description
    }

    private static func append(cell text: String, to bytes: inout [UInt8]) {
        var utf8 = Array(text.utf8)
        if isFormula(utf8) { utf8.insert(UInt8(ascii: "'"), at: 0) }
        let needsQuotes = utf8.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D }
        guard needsQuotes else { return bytes += utf8 }
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isFormula(_ utf8: [UInt8]) -> Bool {
        guard let first = utf8.first, "=+-@\t\r".utf8.contains(first) else { return false }
        // A negative number is a number.
        return first != UInt8(ascii: "-") || (try? FieldValue(json: utf8)) == nil
    }
}
