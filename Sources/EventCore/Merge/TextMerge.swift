/// Texts with a common base, merged by line: two sides as `diff3` does, or more at once.
///
/// A stretch between lines that all sides still have belongs to the side that changed it; where several changed it alike, or only one did, it merges, otherwise it
/// is a conflict. Sides are looked at together, so their order plays no part.
/// Source: S. Khanna, K. Kunal, B. Pierce, "A Formal Investigation of Diff3" (2007), with a second side or more beside the first.
package struct TextMerge: Hashable, Sendable {
    /// A stretch of the text; whole lines with their ends, UTF-8.
    package enum Chunk: Hashable, Sendable {
        /// What all have, or what the only change made of it.
        case merged([UInt8])
        /// What the base has there, and what each side has, in the order of the sides.
        case conflict(base: [UInt8], sides: [[UInt8]])
    }

    /// From the first line to the last; no two merged ones behind each other.
    package private(set) var chunks: [Chunk] = []

    /// Merges at least one side with the base.
    package init(base: [UInt8], sides: [[UInt8]]) {
        var lines = LineNumbers()
        let old = lines.lines(of: base)
        let new = sides.map { lines.lines(of: $0) }
        let partners = new.map { LineDiff(old.numbers, $0.numbers).partners }
        var at = (old: 0, new: new.map { _ in 0 })
        while true {
            // Lines that every side has, right here.
            let stable = at.old
            while at.old < old.count && partners.indices.allSatisfy({ partners[$0][at.old] == at.new[$0] }) {
                at.old += 1
                for side in at.new.indices { at.new[side] += 1 }
            }
            append(.merged(Array(old.bytes(stable..<at.old))))
            // Up to the next line that every side has.
            let next = (at.old..<old.count).first { index in partners.allSatisfy { $0[index] != nil } }
            let ends = new.indices.map { side in next.flatMap { partners[side][$0] } ?? new[side].count }
            let before = Array(old.bytes(at.old..<(next ?? old.count)))
            let after = new.indices.map { Array(new[$0].bytes(at.new[$0]..<ends[$0])) }
            append(Self.chunk(before, after))
            guard let next else { return }
            at = (next, ends)
        }
    }

    /// The whole text; nil when there is a conflict in it.
    package var merged: [UInt8]? {
        switch chunks.count {
        case 0: []
        case 1: if case .merged(let text) = chunks[0] { text } else { nil }
        default: nil
        }
    }

    private static func chunk(_ base: [UInt8], _ sides: [[UInt8]]) -> Chunk {
        guard let change = sides.first(where: { $0 != base }) else { return .merged(base) }
        return sides.allSatisfy { $0 == base || $0 == change } ? .merged(change) : .conflict(base: base, sides: sides)
    }

    private mutating func append(_ chunk: Chunk) {
        guard case .merged(let text) = chunk else {
            chunks.append(chunk)
            return
        }
        guard !text.isEmpty else { return }
        if case .merged(let before) = chunks.last { chunks[chunks.count - 1] = .merged(before + text) } else { chunks.append(chunk) }
    }
}

/// A number for each different line.
private struct LineNumbers {
    private var numbers: [ArraySlice<UInt8>: Int32] = [:]

    struct Lines {
        let text: [UInt8]
        /// Where each line begins, and where the last one ends.
        let starts: [Int]
        let numbers: [Int32]

        var count: Int { numbers.count }

        func bytes(_ lines: Range<Int>) -> ArraySlice<UInt8> { text[starts[lines.lowerBound]..<starts[lines.upperBound]] }
    }

    /// A line ends behind its \n; the last one may have none, and is another line than one that has.
    mutating func lines(of text: [UInt8]) -> Lines {
        var starts = [0]
        for index in text.indices where text[index] == 0x0A || index == text.count - 1 { starts.append(index + 1) }
        var lines: [Int32] = []
        for (start, end) in zip(starts, starts.dropFirst()) {
            let line = text[start..<end]
            let number = numbers[line] ?? Int32(numbers.count)
            numbers[line] = number
            lines.append(number)
        }
        return Lines(text: text, starts: starts, numbers: lines)
    }
}
