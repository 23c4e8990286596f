package import EventCore
internal import LogStore

/// The audit trail of one record.
extension Replica {
    /// Calls `body` with the entries of a record that pass, oldest or newest first, until it returns false; with a limit only with the newest so many.
    ///
    /// - Throws: `.unknownRecord`, or what `body` throws.
    package func audit(
        of key: RecordKey, _ filter: AuditFilter, limit: Int?, newestFirst: Bool, _ body: (AuditEntry) throws -> Bool
    ) throws {
        guard let past = try RecordPast(self, key) else { throw ReplicaError.unknownRecord(key) }
        if filter.wantsAll && !newestFirst {
            _ = try trail(of: past, 0..<(try past.count(upTo: limit ?? .max)), nil, body)
            return
        }
        let matches = RecordMatches(past, LogSearch(self, filter), newestFirst: newestFirst || limit != nil)
        var left = limit ?? .max
        func next() throws(ReplicaError) -> Int? {
            left -= 1
            return left >= 0 ? try matches.next() : nil
        }
        if newestFirst || limit == nil { return try hand(past, newestFirst, next: next, body) }
        // Which are the newest so many is known from the newest back.
        var numbers: [Int] = []
        while let number = try next() { numbers.append(number) }
        try hand(past, newestFirst, next: { numbers.popLast() }, body)
    }

    /// The entries of the events whose numbers come from `next`, in its order: found in pieces, at first of few.
    private func hand(
        _ past: RecordPast<Storage>, _ newestFirst: Bool, next: () throws(ReplicaError) -> Int?, _ body: (AuditEntry) throws -> Bool
    ) throws {
        var size = Self.firstEntries
        while true {
            var numbers: [Int] = []
            while numbers.count < size, let number = try next() { numbers.append(number) }
            guard !numbers.isEmpty else { return }
            size = min(2 * size, Self.mostEntries)
            if newestFirst {
                var entries: [AuditEntry] = []
                _ = try self.entries(of: numbers, in: past) { entry in
                    entries.append(entry)
                    return true
                }
                for entry in entries.reversed() { guard try body(entry) else { return } }
            } else {
                guard try entries(of: numbers.reversed(), in: past, body) else { return }
            }
        }
    }

    /// Calls `body` with the entries of these events, whose numbers ascend, oldest first, until it returns false: events not far from each other by one look at each between them, others one by one.
    ///
    /// - Returns: what `body` returned last.
    private func entries(
        of numbers: some RandomAccessCollection<Int>, in past: RecordPast<Storage>, _ body: (AuditEntry) throws -> Bool
    ) throws -> Bool {
        var rest = Array(numbers)[...]
        while let oldest = rest.popLast() {
            var near = [oldest]
            while let newer = rest.last, near[near.count - 1] - newer <= Self.worthReading { near.append(rest.removeLast()) }
            if near.count == 1, try past.has(oldest) {
                guard try body(try auditEntry(past.step(oldest), oldest, in: past)) else { return false }
            } else {
                guard try trail(of: past, near[near.count - 1]..<(oldest + 1), Set(near), body) else { return false }
            }
        }
        return true
    }
}

/// The numbers of a record's events that a filter lets through.
private final class RecordMatches<Storage: Volume> {
    private let past: RecordPast<Storage>
    private let search: LogSearch<Storage>
    private let step: Int
    /// The next one that is looked at; nil before the first of all.
    private var number: Int?
    /// Of a block that has been looked at.
    private var found: ArraySlice<Int> = []
    /// Events of a stretch, and whether they may pass.
    private var known: (range: Range<Position>, mayPass: Bool)?
    /// Events between two states, and how many others of these lie behind each that may pass; nil for all.
    private var span: (numbers: Range<Int>, passing: Set<Int>?)?

    init(_ past: RecordPast<Storage>, _ search: LogSearch<Storage>, newestFirst: Bool) {
        (self.past, self.search, step) = (past, search, newestFirst ? 1 : -1)
        number = newestFirst ? 0 : nil
    }

    func next() throws(ReplicaError) -> Int? {
        while found.isEmpty {
            guard let event = try event() else { return nil }
            guard try mayPass(event.number), mayPass(event.position) else {
                advance()
                continue
            }
            let block = try past.block(containing: event.position)
            let passing = Set(try search.positions(in: block))
            while let event = try self.event(), block.contains(event.position) {
                if passing.contains(event.position) { found.append(event.number) }
                advance()
            }
        }
        return found.popFirst()
    }

    private func event() throws(ReplicaError) -> (number: Int, position: Position)? {
        let number = if let number { number } else { try past.count(upTo: .max) - 1 }
        self.number = number
        guard number >= 0, let position = try past.position(number) else { return nil }
        return (number, position)
    }

    private func advance() { number = number.map { $0 + step } }

    private func mayPass(_ number: Int) throws(ReplicaError) -> Bool {
        if !(span?.numbers.contains(number) ?? false) {
            span = try past.span(at: number, isNewest: step > 0).map { ($0.numbers, $0.traits.passing(search.filter)) }
        }
        guard let span, let passing = span.passing else { return true }
        return passing.contains(number - span.numbers.lowerBound)
    }

    private func mayPass(_ position: Position) -> Bool {
        if let known, known.range.contains(position) { return known.mayPass }
        guard let stretch = search.passing.stretch(at: position) else { return true }
        known = (stretch.first..<stretch.end, stretch.most > 0)
        return stretch.most > 0
    }
}
