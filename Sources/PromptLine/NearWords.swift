/// Words that somebody who mistyped one may have meant.
package enum NearWords {
    package static func of(_ word: String, among known: [String]) -> [String] {
        let typed = Array(word.lowercased().utf8)
        let limit = typed.count < 4 ? 1 : 2
        let near = known.map { ($0, distance(typed, Array($0.utf8))) }.filter { $0.1 <= limit || (typed.count > 1 && $0.0.hasPrefix(word)) }
        return Array(near.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0))
    }

    /// How many bytes have to be put in, taken out, replaced or exchanged with their neighbour (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for (i, byte) in left.enumerated() {
            var row = [i + 1]
            for (j, other) in right.enumerated() {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (byte == other ? 0 : 1))
                if i > 0 && j > 0 && byte == right[j - 1] && left[i - 1] == other { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
