/// Text beside text: lines for narrow columns, and only what differs of long texts.
extension Printable {
    /// The text, escaped, in lines of at most so many columns; broken behind a space where that leaves half a line or more.
    static func wrapped(_ text: String, to columns: Int) -> [String] {
        var lines: [String] = []
        var line: [Unicode.Scalar] = []
        var used = 0
        for scalar in escaped(text).unicodeScalars {
            let next = width(scalar)
            if used + next > columns && !line.isEmpty {
                let behindSpace = line.lastIndex(of: " ").map { $0 + 1 } ?? 0
                let end = behindSpace * 2 >= line.count ? behindSpace : line.count
                lines.append(string(line[..<end]))
                line.removeFirst(end)
                used = line.reduce(0) { $0 + width($1) }
            }
            line.append(scalar)
            used += next
        }
        return lines + [string(line[...])]
    }

    /// Texts without the long beginning and the long end in which all agree, an ellipsis in their place; as they are when all are equal.
    ///
    /// Compares scalars, not characters: texts that only look alike differ, and are told apart.
    static func differing(_ texts: [String]) -> [String] {
        let texts = toldApart(texts)
        let all = texts.map { Array($0.unicodeScalars) }
        guard let first = all.first, all.contains(where: { $0 != first }) else { return texts }
        let shortest = all.reduce(first.count) { min($0, $1.count) }
        let start = (0..<shortest).first { index in all.contains { $0[index] != first[index] } } ?? shortest
        let rest = shortest - start
        let end = (1...max(1, rest)).first { back in
            back > rest || all.contains { $0[$0.count - back] != first[first.count - back] }
        }
        let left = hidden(of: start)
        let right = hidden(of: end.map { $0 - 1 } ?? rest)
        return all.map { scalars in
            (left > 0 ? "…" : "") + string(scalars[left..<(scalars.count - right)]) + (right > 0 ? "…" : "")
        }
    }

    /// How many of so many agreeing characters are left out: none of a few, and the nearest ones stay.
    private static func hidden(of agreeing: Int) -> Int { agreeing > 60 ? agreeing - 20 : 0 }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }
}
