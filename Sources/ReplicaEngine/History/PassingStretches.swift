internal import EventCore
internal import LogStore

/// What is known without reading of where in a log events lie that a filter lets through. What lies behind the stretches that are known may hold some.
struct PassingStretches {
    /// Events that lie together.
    struct Stretch {
        let first: Position
        let end: Position
        /// No more of them pass.
        let most: UInt64
        /// Whether just so many pass.
        let isExact: Bool
    }

    private let times: LogTimes
    /// By stretch how many of its events pass at most, and whether just so many do.
    private let most: [UInt64]
    private let isExact: [Bool]

    init(_ filter: AuditFilter, in times: LogTimes) {
        let all = times.stretches
        var most = all.map { $0.end - $0.first }
        // How many of the filter's wishes leave something out. Where it is one alone, and one whose events are counted, the count is exact.
        var wishes = [Int](repeating: 0, count: all.count)
        for (number, stretch) in all.enumerated() {
            if stretch.bounds.upperBound < filter.since ?? 0 || stretch.bounds.lowerBound > filter.until ?? .max {
                most[number] = 0
            } else if stretch.bounds.lowerBound < filter.since ?? 0 || stretch.bounds.upperBound > filter.until ?? .max {
                wishes[number] = 2
            }
        }
        for traits in filter.wishes {
            var counts = [UInt64](repeating: 0, count: all.count)
            var isKnown = true
            for trait in traits {
                guard let entries = times.counts.entries(of: trait) else {
                    isKnown = false
                    break
                }
                for entry in entries where entry.stretch < counts.count { counts[entry.stretch] &+= entry.count }
            }
            for number in all.indices {
                guard isKnown else {
                    wishes[number] += 2
                    continue
                }
                guard counts[number] < all[number].end - all[number].first else { continue }
                most[number] = min(most[number], counts[number])
                wishes[number] += 1
            }
        }
        isExact = all.indices.map { most[$0] == 0 || wishes[$0] <= 1 }
        (self.times, self.most) = (times, most)
    }

    /// The stretch that has an event; nil where none is known to have it.
    func stretch(at position: Position) -> Stretch? {
        let number = times.number(at: position)
        guard number < most.count else { return nil }
        let stretch = times.stretches[number]
        return Stretch(first: Position(stretch.first), end: Position(stretch.end), most: most[number], isExact: isExact[number])
    }

    /// Behind the newest events before `end` that may pass; the log's beginning when there are none.
    func end(before end: Position) -> Position {
        guard end.index > 0 else { return end }
        var number = times.number(at: Position(end.index - 1))
        guard number < most.count, most[number] == 0 else { return end }
        while number > 0, most[number - 1] == 0 { number -= 1 }
        return Position(times.stretches[number].first)
    }

    /// Before the oldest events from `start` on that may pass.
    func start(from start: Position) -> Position {
        var number = times.number(at: start)
        guard number < most.count, most[number] == 0 else { return start }
        while number < most.count, most[number] == 0 { number += 1 }
        return number < most.count ? Position(times.stretches[number].first) : times.end
    }

    /// Where events before `end` lie that may pass, ascending, in pieces of some `count` events at most.
    func pieces(before end: Position, ofAtMost count: UInt64) -> [Range<Position>] {
        var (pieces, first, end) = ([Range<Position>](), start(from: Position(0)), self.end(before: end))
        while first < end {
            var stop = first
            while stop < end, stop.index - first.index < count, start(from: stop) == stop {
                stop = min(end, stretch(at: stop)?.end ?? Position(first.index + count))
            }
            pieces.append(first..<stop)
            first = start(from: stop)
        }
        return pieces
    }
}

extension AuditFilter {
    /// What it wishes for: of each some traits, of which an event has to have one, and can have no two.
    var wishes: [[EventTrait]] {
        var wishes: [[EventTrait]] = []
        if let device { wishes.append([.device(device)]) }
        if let kind { wishes.append([.kind(kind)]) }
        if let collection { wishes.append([.collection(collection)]) }
        if let field { wishes.append([.field(field), .delete]) }
        if criticalOnly { wishes.append([.critical]) }
        return wishes
    }
}
