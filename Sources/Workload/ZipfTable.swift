/// Draws of an index from a Zipf distribution with exponent 0.8, each in constant time.
///
/// Source: M. Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution" (1991). Only the four basic
/// operations on doubles are used, which IEEE 754 fixes to the last bit, so every machine builds the same table.
package struct ZipfTable: Sendable {
    /// Of 2^32 draws that fall on a column, how many keep its own index; the rest give `other`.
    private let keep: [UInt32]
    /// What the other draws of the column give.
    private let other: [UInt32]

    /// A table over the indexes `0..<count`; index `i` has the weight (i + 1)^-0.8.
    package init(count: Int) {
        precondition(count > 0 && count <= Int(UInt32.max))
        let weights = Self.weights(count: count)
        let scale = Double(count) / weights.reduce(0, +)
        var shares = weights.map { $0 * scale }
        var keep = [UInt32](repeating: .max, count: count)
        var other = (0..<count).map { UInt32($0) }
        var takers = shares.indices.filter { shares[$0] < 1 }
        var givers = shares.indices.filter { shares[$0] >= 1 }
        while let giver = givers.last, let taker = takers.popLast() {
            keep[taker] = UInt32(shares[taker] * 0x1p32)
            other[taker] = UInt32(giver)
            shares[giver] -= 1 - shares[taker]
            if shares[giver] < 1 {
                givers.removeLast()
                takers.append(giver)
            }
        }
        self.keep = keep
        self.other = other
    }

    /// One index.
    package func draw(_ random: inout SeededRandom) -> Int {
        let bits = random.next()
        let column = Int(((bits >> 32) * UInt64(keep.count)) >> 32)
        return UInt32(truncatingIfNeeded: bits) < keep[column] ? column : Int(other[column])
    }

    /// (i + 1)^-0.8 by Newton's steps towards the fifth root.
    private static func weights(count: Int) -> [Double] {
        var root = 1.0
        return (1...count).map { rank in
            for _ in 0..<6 {
                let fourth = root * root * root * root
                root -= (fourth * root - Double(rank)) / (5 * fourth)
            }
            return 1 / (root * root * root * root)
        }
    }
}
