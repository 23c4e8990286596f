internal import EventCore

/// Two texts of several lines as a diff: lines that go begin with `-`, lines that come with `+`, one that stays around them with two spaces.
struct TextDiff {
    let lines: [String]

    private static let lineLimit = 40
    private static let columnsOfLine = 200

    init(_ old: [UInt8], _ new: [UInt8]) {
        let texts = [old, new].map { Printable.Lines(text: Self.split($0)) }
        let shown = Printable.toldApart(texts)
        let (old, new) = (shown[0], shown[1])
        // A line is what it is and how it is shown: neither alone tells every two apart.
        let lines = zip(shown, texts).map { shown, text in zip(shown, text.lines).map { [Array($0.utf8), Array($1.utf8)] } }
        var numbers: [[[UInt8]]: Int32] = [:]
        func numbered(_ lines: [[[UInt8]]]) -> [Int32] {
            lines.map { line in
                let number = numbers[line] ?? Int32(numbers.count)
                numbers[line] = number
                return number
            }
        }
        let diff = LineDiff(numbered(lines[0]), numbered(lines[1]))
        // Everything in the order of both texts, each with its sign.
        var all: [(sign: String, line: String)] = []
        var next = 0
        for (index, line) in old.enumerated() {
            guard !diff.removed[index] else {
                all.append(("-", line))
                continue
            }
            while diff.added[next] {
                all.append(("+", new[next]))
                next += 1
            }
            all.append((" ", line))
            next += 1
        }
        all += new[next...].map { ("+", $0) }
        self.lines = Self.excerpt(all)
    }

    private static func split(_ text: [UInt8]) -> [String] {
        text.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What changes and the lines next to it.
    private static func excerpt(_ all: [(sign: String, line: String)]) -> [String] {
        var lines: [String] = []
        var last = -1
        for index in all.indices {
            let isNear = (max(0, index - 1)...min(all.count - 1, index + 1)).contains { all[$0].sign != " " }
            guard isNear else { continue }
            guard lines.count < lineLimit else { return lines + ["  … more lines change"] }
            if index > last + 1 { lines.append("  …") }
            lines.append(all[index].sign + " " + Printable.cut(all[index].line, to: columnsOfLine))
            last = index
        }
        return last < all.count - 1 ? lines + ["  …"] : lines
    }
}
