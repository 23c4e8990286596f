internal import EventCore
internal import LogStore

/// Between which times the events of each stretch of a log were written, and how many have which traits, so that what was written before or after a moment, or nobody asks for, is told apart without being read.
///
/// Up to a sealed end it is kept in the `times` file. Its content (`DerivedFile`), as varints: how many stretches there are; of each how many events it has, how far its earliest time lies from that of the one before
/// (zigzag), and its latest from its earliest; then the counts (`StretchCounts`).
struct LogTimes {
    static let fileName = "times"
    private static let magic: StaticString = "SYNCTIM3"
    /// Blocks are joined to stretches of at least so many events.
    private static let stretchEvents: UInt64 = 512

    struct Stretch {
        let first: UInt64
        fileprivate(set) var end: UInt64
        fileprivate(set) var bounds: ClosedRange<UInt64>
    }

    private(set) var stretches: [Stretch] = []
    private(set) var counts = StretchCounts()
    /// Behind the last event that is known.
    var end: Position { Position(stretches.last?.end ?? 0) }

    init() {}

    /// Goes on with a block that begins at `end`.
    mutating func add(_ count: UInt64, _ bounds: ClosedRange<UInt64>, _ counts: [EventTrait: Int] = [:]) {
        if var last = stretches.last, last.end - last.first < Self.stretchEvents {
            last.end += count
            last.bounds = min(last.bounds.lowerBound, bounds.lowerBound)...max(last.bounds.upperBound, bounds.upperBound)
            stretches[stretches.count - 1] = last
        } else {
            stretches.append(Stretch(first: end.index, end: end.index + count, bounds: bounds))
        }
        self.counts.add(counts, to: stretches.count - 1)
    }

    /// How the events of a record lie around a moment.
    struct Border {
        /// Those that have to be looked at, newest first.
        var mixed: [Position] = []
        /// The oldest of those that are later for certain, since all of their stretch is; nil where none is.
        var oldestLate: Position?
        /// Behind so many from the newest nothing is later, nor covers anything that is.
        var end = 0
    }

    /// - Parameter positions: of the record's events, newest first.
    func border(at milliseconds: UInt64, among positions: [Position]) -> Border {
        var (number, border, early) = (stretches.count, Border(), [Position]())
        for (index, position) in positions.enumerated() {
            while number > 0, stretches[number - 1].first > position.index { number -= 1 }
            let isKnown = number > 0 && position.index < stretches[number - 1].end
            let bounds = isKnown ? stretches[number - 1].bounds : 0...UInt64.max
            if bounds.lowerBound > milliseconds { border.oldestLate = position } else { early.append(position) }
            guard bounds.upperBound > milliseconds else { continue }
            border.mixed += early
            (early, border.end) = ([], index + 1)
        }
        return border
    }

    /// Whether all of the stretch of an event is later.
    func isLater(_ position: Position, than milliseconds: UInt64) -> Bool {
        let number = number(at: position)
        return number < stretches.count && stretches[number].bounds.lowerBound > milliseconds
    }

    /// The number of the stretch that has an event; that behind the last one where none is known to have it.
    func number(at position: Position) -> Int { stretches.partitionPoint { $0.end <= position.index } }

    // MARK: - The file

    /// What the file says, and the sealed end that it reaches to; nil unless it is whole.
    static func read(_ bytes: [UInt8]) -> (times: LogTimes, end: SealedEnd)? {
        let found = DerivedFile.read(magic, bytes) { (end, cursor) throws(BlockError) -> (LogTimes, SealedEnd) in
            var (times, earliest) = (LogTimes(), UInt64(0))
            for _ in 0..<(try cursor.count(unitBytes: 3)) {
                let count = try cursor.varint()
                earliest = try cursor.delta(from: earliest)
                let latest = earliest.addingReportingOverflow(try cursor.varint())
                let end = times.end.index.addingReportingOverflow(count)
                guard !latest.overflow, !end.overflow else { throw .malformed(offset: cursor.offset) }
                times.stretches.append(Stretch(first: times.end.index, end: end.partialValue, bounds: earliest...latest.partialValue))
            }
            times.counts = try StretchCounts(&cursor)
            return (times, end)
        }
        return found.flatMap { $0.0.end == $0.1.position ? (times: $0.0, end: $0.1) : nil }
    }

    /// The file, where this reaches just to a sealed end.
    func bytes(at end: SealedEnd) -> [UInt8] {
        var (content, earliest) = ([UInt8](), UInt64(0))
        content.appendVarint(stretches.count)
        for stretch in stretches {
            content.appendVarint(stretch.end - stretch.first)
            content.appendDelta(from: earliest, to: stretch.bounds.lowerBound)
            content.appendVarint(stretch.bounds.upperBound - stretch.bounds.lowerBound)
            earliest = stretch.bounds.lowerBound
        }
        counts.append(to: &content)
        return DerivedFile.bytes(Self.magic, at: end, content)
    }
}

extension Replica {
    /// The times of the whole log: what the file does not have is read, and what of it is sealed is saved.
    func logTimes() throws(ReplicaError) -> LogTimes {
        var times = try sealedLogTimes()
        try add(to: &times, upTo: nil, isCounting: false)
        return times
    }

    private func sealedLogTimes() throws(ReplicaError) -> LogTimes {
        var times = savedLogTimes()
        if let sealed = log.sealedEnd, sealed.position > times.end {
            try add(to: &times, upTo: sealed, isCounting: true)
            replaceDerivedFile(LogTimes.fileName, with: times.bytes(at: sealed))
        }
        sealedTimes = times
        return times
    }

    /// What the file has of the log's times: nothing where it is not there.
    func savedLogTimes() -> LogTimes {
        if let sealedTimes { return sealedTimes }
        guard let saved = derivedFile(LogTimes.fileName).flatMap(LogTimes.read), log.contains(saved.end) else { return LogTimes() }
        return saved.times
    }

    /// Sees to it that what is sealed is in the file.
    package func saveTimes() throws(ReplicaError) { _ = try sealedLogTimes() }

    /// Goes on from a sealed end.
    private func add(to times: inout LogTimes, upTo end: SealedEnd?, isCounting: Bool) throws(ReplicaError) {
        guard times.end < end?.position ?? self.end else { return }
        let outlines = BlockOutlines()
        let cursor = try Self.blocks(of: log, from: times.end, upTo: end)
        while let block = try Self.next(cursor) {
            guard block.header.kind == .events else { continue }
            let outline = try Self.naming(block.first) { () throws(BlockError) in try outlines.outline(of: block.header, block.bytes) }
            times.add(UInt64(block.header.count), outline.times, isCounting ? outline.counts : [:])
        }
    }
}
