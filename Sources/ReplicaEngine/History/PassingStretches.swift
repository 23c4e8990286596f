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

    private let stretches: [Stretch]

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
        for traits in Self.wishes(of: filter) {
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
        stretches = all.indices.map { number in
            Stretch(
                first: Position(all[number].first), end: Position(all[number].end), most: most[number],
                isExact: most[number] == 0 || wishes[number] <= 1)
        }
    }

    /// What a filter wishes for: of each some traits, of which an event has to have one, and can have no two.
    private static func wishes(of filter: AuditFilter) -> [[EventTrait]] {
        var wishes: [[EventTrait]] = []
        if let device = filter.device { wishes.append([.device(device)]) }
        if let kind = filter.kind { wishes.append([.kind(kind)]) }
        if let collection = filter.collection { wishes.append([.collection(collection)]) }
        if let field = filter.field { wishes.append([.field(field), .delete]) }
        if filter.criticalOnly { wishes.append([.critical]) }
        return wishes
    }

    /// The stretch that has an event; nil where none is known to have it.
    func stretch(at position: Position) -> Stretch? {
        let number = number(at: position)
        return number < stretches.count ? stretches[number] : nil
    }

    /// Behind the newest events before `end` that may pass; the log's beginning when there are none.
    func end(before end: Position) -> Position {
        guard end.index > 0 else { return end }
        var number = number(at: Position(end.index - 1))
        guard number < stretches.count, stretches[number].most == 0 else { return end }
        while number > 0, stretches[number - 1].most == 0 { number -= 1 }
        return stretches[number].first
    }

    /// Before the oldest events from `start` on that may pass.
    func start(from start: Position) -> Position {
        var number = number(at: start)
        guard number < stretches.count, stretches[number].most == 0 else { return start }
        while number < stretches.count, stretches[number].most == 0 { number += 1 }
        return number < stretches.count ? stretches[number].first : stretches[number - 1].end
    }

    /// The number of the stretch that has an event; that behind the last one where none is known to have it.
    private func number(at position: Position) -> Int {
        var (low, high) = (0, stretches.count)
        while low < high {
            let middle = (low + high) / 2
            if stretches[middle].end <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
