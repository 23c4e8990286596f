internal import EventCore
internal import LogStore

/// Clocks of records as they were, of many at once: of each the newest events are looked at until every device has been met, and each block is read once, of it only who wrote what.
extension Replica {
    /// The clock of each of these records before a position of the log.
    func clocks(before wanted: [(key: RecordKey, position: Position)]) throws(ReplicaError) -> [VersionVector] {
        var walks: [ClockWalk] = []
        for (key, position) in wanted {
            let devices = try clock(of: key).entries.map(\.device)
            walks.append(ClockWalk(next: try newestPosition(of: key, before: position), devices: Set(devices)))
        }
        try follow(&walks) { wanted[$0].key }
        return walks.map(\.clock)
    }

    /// Up to which seq the clocks of these heads' records covered the heads' devices before them; nil for one that stands behind what the log has.
    func seqs(before heads: [ForgottenHead], inLogBefore end: Position) throws(ReplicaError) -> [UInt64?] {
        var walks: [ClockWalk] = []
        for head in heads {
            let next = head.position < end ? try position(before: head.position) : nil
            walks.append(ClockWalk(next: next, devices: [head.device]))
        }
        try follow(&walks) { table.key(at: heads[$0].place) }
        return zip(walks, heads).map { walk, head in head.position < end ? walk.clock[head.device] : nil }
    }

    /// Goes each walk to its end: all of them some steps, then those that are not done some more. What is long then is left to the record's past, which has states.
    private func follow(_ walks: inout [ClockWalk], key: (Int) -> RecordKey) throws(ReplicaError) {
        let dots = BlockDots()
        var stride = 16
        while case let open = walks.indices.filter({ !walks[$0].isDone }), !open.isEmpty {
            guard stride <= 256 else {
                for walk in open {
                    guard let next = walks[walk].next else { continue }
                    walks[walk].end(with: try RecordPast(self, key(walk), from: next).clock(from: 0))
                }
                return
            }
            var steps: [(position: Position, of: Int)] = []
            for walk in open {
                for _ in 0..<stride {
                    guard let position = walks[walk].next else { break }
                    steps.append((position, walk))
                    walks[walk].next = try self.position(before: position)
                }
            }
            try Self.blocks(of: log, holding: steps) { (block, inBlock) throws(ReplicaError) in
                let numbers = inBlock.map { Int($0.position.index - block.first.index) }
                let found = try block.withTypedBytes { (bytes) throws(ReplicaError) in
                    try Self.naming(block.first) { () throws(BlockError) in try dots.dots(at: numbers, in: block.header, bytes) }
                }
                for (step, dot) in zip(inBlock, found) { walks[step.of].meet(dot) }
            }
            stride *= 4
        }
    }
}

/// The way back along a record's events until one of each of some devices has been met.
private struct ClockWalk {
    /// The event that comes next; nil behind the record's first.
    var next: Position?
    private var missing: Set<DeviceID>
    private(set) var clock = VersionVector()

    init(next: Position?, devices: Set<DeviceID>) { (self.next, missing) = (next, devices) }

    var isDone: Bool { next == nil || missing.isEmpty }

    mutating func meet(_ dot: Dot) {
        clock.advance(to: dot)
        missing.remove(dot.device)
    }

    mutating func end(with rest: VersionVector) {
        clock.join(rest)
        next = nil
    }
}
