/// Which lines of two texts are the same ones: a common subsequence, the longest where it can be found at a bounded cost.
///
/// Source: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the variant in linear space. Beyond a cost in the order of the root of the
/// lines a stretch is split at the diagonal that has come farthest, so texts with little in common stay fast.
struct LineDiff {
    /// Which lines of the old text have no partner.
    private(set) var removed: [Bool]
    /// Which lines of the new text have no partner.
    private(set) var added: [Bool]

    /// - Parameters: lines as numbers; equal lines have equal ones.
    init(_ old: [Int32], _ new: [Int32]) {
        removed = [Bool](repeating: true, count: old.count)
        added = [Bool](repeating: true, count: new.count)
        // What both begin and end with is paired first, as other programs do.
        var (start, ends) = (0, (old: old.count, new: new.count))
        while start < ends.old && start < ends.new && old[start] == new[start] { start += 1 }
        while ends.old > start && ends.new > start && old[ends.old - 1] == new[ends.new - 1] { ends = (ends.old - 1, ends.new - 1) }
        for index in 0..<start { (removed[index], added[index]) = (false, false) }
        for index in ends.old..<old.count { removed[index] = false }
        for index in ends.new..<new.count { added[index] = false }
        // A line that the other text has nowhere has no partner, and is kept out of the search.
        let (inOld, inNew) = (Set(old[start..<ends.old]), Set(new[start..<ends.new]))
        let oldPlaces = (start..<ends.old).filter { inNew.contains(old[$0]) }
        let newPlaces = (start..<ends.new).filter { inOld.contains(new[$0]) }
        var search = Search(old: oldPlaces.map { old[$0] }, new: newPlaces.map { new[$0] })
        search.run { oldIndex, newIndex in
            removed[oldPlaces[oldIndex]] = false
            added[newPlaces[newIndex]] = false
        }
        Self.slide(&removed, old, Self.gaps(added))
        Self.slide(&added, new, Self.gaps(removed))
    }

    /// For each old line its partner's index in the new text; nil when it has none.
    var partners: [Int?] {
        var partners = [Int?](repeating: nil, count: removed.count)
        var next = 0
        for index in removed.indices where !removed[index] {
            while added[next] { next += 1 }
            partners[index] = next
            next += 1
        }
        return partners
    }

    /// Where the lines without a partner lie among those that have one: whether some stand before the n-th of these.
    private static func gaps(_ unpaired: [Bool]) -> [Bool] {
        var gaps = [false]
        for isUnpaired in unpaired { if isUnpaired { gaps[gaps.count - 1] = true } else { gaps.append(false) } }
        return gaps
    }

    /// Joins runs of lines without a partner where equal lines let them move, and moves each as far down as it goes, or as one goes that stands opposite a run of the
    /// other text, as other programs do: of several equally good answers always the same is taken.
    ///
    /// - Parameter others: the other text's gaps.
    private static func slide(_ unpaired: inout [Bool], _ lines: [Int32], _ others: [Bool]) {
        var (next, paired) = (0, 0)
        while let first = unpaired[next...].firstIndex(of: true) {
            paired += first - next
            var (start, end) = (first, first)
            while end < lines.count && unpaired[end] { end += 1 }
            func slideUp() -> Bool {
                guard start > 0, lines[start - 1] == lines[end - 1] else { return false }
                start -= 1
                end -= 1
                (unpaired[start], unpaired[end]) = (true, false)
                while start > 0 && unpaired[start - 1] { start -= 1 }
                paired -= 1
                return true
            }
            func slideDown() -> Bool {
                guard end < lines.count, lines[start] == lines[end] else { return false }
                (unpaired[start], unpaired[end]) = (false, true)
                start += 1
                end += 1
                while end < lines.count && unpaired[end] { end += 1 }
                paired += 1
                return true
            }
            var (size, isOpposite) = (-1, false)
            while size != end - start {
                size = end - start
                while slideUp() {}
                isOpposite = others[paired]
                while slideDown() { isOpposite = isOpposite || others[paired] }
            }
            while isOpposite && !others[paired] { guard slideUp() else { break } }
            next = end
        }
    }
}

/// The search for partners, on lines that both texts have.
private struct Search {
    private let old: [Int32]
    private let new: [Int32]
    /// For each diagonal (old index - new index, from -new.count - 1 on) the farthest old index reached from the start, and from the end.
    private var forward: [Int]
    private var backward: [Int]
    private let costLimit: Int

    private struct Box {
        var old: Range<Int>
        var new: Range<Int>
    }

    init(old: [Int32], new: [Int32]) {
        self.old = old
        self.new = new
        let diagonals = old.count + new.count + 3
        forward = [Int](repeating: 0, count: diagonals)
        backward = [Int](repeating: 0, count: diagonals)
        costLimit = max(256, Int(Double(diagonals).squareRoot()))
    }

    mutating func run(_ pair: (Int, Int) -> Void) {
        var boxes = [Box(old: old.indices, new: new.indices)]
        while var box = boxes.popLast() {
            while let oldFirst = box.old.first, let newFirst = box.new.first, old[oldFirst] == new[newFirst] {
                pair(oldFirst, newFirst)
                box = Box(old: (oldFirst + 1)..<box.old.upperBound, new: (newFirst + 1)..<box.new.upperBound)
            }
            while let oldLast = box.old.last, let newLast = box.new.last, old[oldLast] == new[newLast] {
                pair(oldLast, newLast)
                box = Box(old: box.old.lowerBound..<oldLast, new: box.new.lowerBound..<newLast)
            }
            if box.old.isEmpty || box.new.isEmpty { continue }
            let middle = middle(of: box)
            boxes.append(Box(old: box.old.lowerBound..<middle.old, new: box.new.lowerBound..<middle.new))
            boxes.append(Box(old: middle.old..<box.old.upperBound, new: middle.new..<box.new.upperBound))
        }
    }

    /// A point that a shortest path through the box passes, or, beyond the cost limit, the best known one.
    private mutating func middle(of box: Box) -> (old: Int, new: Int) {
        let zero = new.count + 1
        let (lowest, highest) = (box.old.lowerBound - box.new.upperBound, box.old.upperBound - box.new.lowerBound)
        let (start, end) = (box.old.lowerBound - box.new.lowerBound, box.old.upperBound - box.new.upperBound)
        let isOdd = (start - end) & 1 != 0
        var (ahead, behind) = (start...start, end...end)
        forward[zero + start] = box.old.lowerBound
        backward[zero + end] = box.old.upperBound
        var cost = 1
        while true {
            ahead = widened(ahead, lowest, highest, &forward, -1, zero)
            for diagonal in stride(from: ahead.upperBound, through: ahead.lowerBound, by: -2) {
                let (below, above) = (forward[zero + diagonal - 1], forward[zero + diagonal + 1])
                var at = below >= above ? below + 1 : above
                while at < box.old.upperBound && at - diagonal < box.new.upperBound && old[at] == new[at - diagonal] { at += 1 }
                forward[zero + diagonal] = at
                if isOdd && behind.contains(diagonal) && backward[zero + diagonal] <= at { return (at, at - diagonal) }
            }
            behind = widened(behind, lowest, highest, &backward, Int.max / 2, zero)
            for diagonal in stride(from: behind.upperBound, through: behind.lowerBound, by: -2) {
                let (below, above) = (backward[zero + diagonal - 1], backward[zero + diagonal + 1])
                var at = below < above ? below : above - 1
                while at > box.old.lowerBound && at - diagonal > box.new.lowerBound && old[at - 1] == new[at - diagonal - 1] { at -= 1 }
                backward[zero + diagonal] = at
                if !isOdd && ahead.contains(diagonal) && at <= forward[zero + diagonal] { return (at, at - diagonal) }
            }
            if cost >= costLimit { return farthest(in: box, ahead, behind, zero) }
            cost += 1
        }
    }

    /// One diagonal more on either side, where the box has one; the one beyond it gets a mark that never wins.
    private func widened(
        _ diagonals: ClosedRange<Int>, _ lowest: Int, _ highest: Int, _ reached: inout [Int], _ mark: Int, _ zero: Int
    ) -> ClosedRange<Int> {
        var (low, high) = (diagonals.lowerBound, diagonals.upperBound)
        if low > lowest {
            low -= 1
            reached[zero + low - 1] = mark
        } else {
            low += 1
        }
        if high < highest {
            high += 1
            reached[zero + high + 1] = mark
        } else {
            high -= 1
        }
        return low...high
    }

    private func farthest(in box: Box, _ ahead: ClosedRange<Int>, _ behind: ClosedRange<Int>, _ zero: Int) -> (old: Int, new: Int) {
        var best = (old: box.old.lowerBound, new: box.new.lowerBound)
        for diagonal in stride(from: ahead.upperBound, through: ahead.lowerBound, by: -2) {
            let at = min(forward[zero + diagonal], box.old.upperBound, box.new.upperBound + diagonal)
            if at + at - diagonal > best.old + best.new { best = (at, at - diagonal) }
        }
        var last = (old: box.old.upperBound, new: box.new.upperBound)
        for diagonal in stride(from: behind.upperBound, through: behind.lowerBound, by: -2) {
            let at = max(backward[zero + diagonal], box.old.lowerBound, box.new.lowerBound + diagonal)
            if at + at - diagonal < last.old + last.new { last = (at, at - diagonal) }
        }
        let done = best.old + best.new - box.old.lowerBound - box.new.lowerBound
        let left = box.old.upperBound + box.new.upperBound - last.old - last.new
        return left < done ? best : last
    }
}
