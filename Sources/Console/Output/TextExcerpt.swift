internal import EventCore

/// Texts beside each other, each in its lines: of long ones only where they differ from the first, with a line around.
struct TextExcerpt {
    let lines: [[String]]
    let isShortened: Bool

    private static let contextLines = 1
    private static let columnsOfLine = 200

    init(whole texts: [[String]]) {
        lines = texts
        isShortened = false
    }

    /// - Parameter limit: a text of no more lines is shown as it is; an excerpt has about so many at most.
    init(of texts: [[String]], limit: Int) {
        guard texts.contains(where: { text in text.count > limit || text.contains { Printable.width($0) > Self.columnsOfLine } }) else {
            self = TextExcerpt(whole: texts)
            return
        }
        let numbered = Self.numbered(texts)
        var differing = texts.map { [Bool](repeating: false, count: $0.count) }
        for index in texts.indices.dropFirst() {
            let diff = LineDiff(numbered[0], numbered[index])
            differing[index] = diff.added
            var next = 0
            for (line, partner) in diff.partners.enumerated() {
                // Where lines are gone and none came, too.
                if partner == nil, !diff.added[next...].prefix(1).contains(true), !diff.added.isEmpty {
                    differing[index][max(0, next - 1)] = true
                }
                next = partner.map { $0 + 1 } ?? next
                // Where the other one has more, the line before it is the place.
                let isFollowed = partner.map { $0 + 1 < diff.added.count && diff.added[$0 + 1] } ?? true
                if isFollowed { differing[0][line] = true }
            }
        }
        let lines = zip(texts, differing).map { Self.excerpt($0, $1, limit) }
        isShortened = lines != texts
        self.lines = lines
    }

    /// Lines as numbers: equal ones for equal bytes.
    private static func numbered(_ texts: [[String]]) -> [[Int32]] {
        var numbers: [[UInt8]: Int32] = [:]
        return texts.map { text in
            text.map { line in
                let next = Int32(numbers.count)
                let bytes = Array(line.utf8)
                if let known = numbers[bytes] { return known }
                numbers[bytes] = next
                return next
            }
        }
    }

    /// The lines that differ and those next to them; an ellipsis for each gap.
    private static func excerpt(_ text: [String], _ differing: [Bool], _ limit: Int) -> [String] {
        func cut(_ line: String) -> String { Printable.cut(line, to: columnsOfLine) }
        guard text.count > limit else { return text.map(cut) }
        var result: [String] = []
        var last = -1
        for line in text.indices {
            let near = max(0, line - contextLines)...min(text.count - 1, line + contextLines)
            guard near.contains(where: { differing[$0] }) else { continue }
            guard result.count < limit else { return result + ["… \(text.count - line) more lines"] }
            if line > last + 1 { result.append("…") }
            result.append(cut(text[line]))
            last = line
        }
        return last < text.count - 1 ? result + ["…"] : result
    }
}
