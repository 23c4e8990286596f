internal import EventCore

/// The name of a segment file: its number and first position, so that a listing shows the log's coverage.
struct SegmentName: Hashable, Sendable {
    let number: Int
    let first: Position

    init(number: Int, first: Position) {
        self.number = number
        self.first = first
    }

    /// Reads a name; nil for any other file.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1] == "segment" else { return nil }
        let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, let number = Int(numbers[0]), let first = UInt64(numbers[1]) else { return nil }
        self.init(number: number, first: Position(first))
        guard self.text == text else { return nil }
    }

    /// `00000003-000000104857.segment`.
    var text: String { "\(number.padded(to: 8))-\(first.index.padded(to: 12)).segment" }
}

extension BinaryInteger {
    /// Decimal, with zeros in front.
    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
