import EventCore
import Simulation
import Testing
import Workload

@testable import LogStore

/// Blocks found by whose events they have, against a look at each of them.
@Suite struct BlocksByDeviceTests {
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `the last block that covers a dot, or has a device's events, is the one that a look at each finds, in order or not`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let devices = (0..<5).map { DeviceID(high: 1, low: UInt64($0)) }
        let isInOrder = seed % 2 == 0
        var (next, found, entries) = ([UInt64](repeating: 1, count: 5), BlocksByDevice(), [BlockIndexEntry]())
        for number in 0..<80 {
            var ranges: [DeviceRange] = []
            for (index, device) in devices.enumerated() where random.chance(1, in: index + 1) {
                let first = isInOrder ? next[index] : UInt64(random.below(60))
                let last = first + UInt64(random.below(4))
                next[index] = last + 1 + UInt64(random.below(2))
                ranges.append(DeviceRange(device: device, first: first, last: last))
            }
            let entry = BlockIndexEntry(
                offset: number, sizeBytes: 1, first: Position(UInt64(number)), count: 1, kind: random.chance(1, in: 6) ? .waiting : .events,
                ranges: ranges)
            found.add(entry)
            entries.append(entry)
            let other = DeviceID(high: 2, low: 0)
            for device in devices + [other] {
                func has(_ entry: BlockIndexEntry) -> Bool {
                    entry.kind == .events && entry.ranges?.contains { $0.device == device } == true
                }
                for end in [0, number / 2, number, number + 1] {
                    #expect(
                        found.last(of: device, below: end) == entries.prefix(end).lastIndex(where: has),
                        "seed \(seed), block \(number), below \(end)")
                }
                let dot = Dot(device: device, seq: UInt64(random.below(Int(next.max() ?? 1) + 3)))
                let expected = entries.lastIndex { $0.kind == .events && $0.ranges?.contains { $0.covers(dot) } == true }
                #expect(found.last(covering: dot) == expected, "seed \(seed), block \(number), seq \(dot.seq)")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `a log that grows, is sealed and opened again finds each event's block, and a device's newest before each position`(seed: UInt64)
        throws
    {
        var script = LogScript(on: FaultyVolume(try LogScript.emptyDisk), seed: seed)
        try script.run(steps: 14)
        var random = SeededRandom(seed: seed)
        for step in 0..<40 {
            try script.perform(random.chance(3, in: 4) ? .commit : [.seal, .reopen, .checkpoint][random.below(3)])
            guard let log = script.log else { continue }
            var blocks: [(first: Position, ids: [UInt64])] = []
            try log.blocks(from: Position(0)) { first, block, header in
                if header.kind == .events { blocks.append((first, NumberedEvents.ids(in: block) ?? [])) }
            }
            for block in blocks {
                for id in block.ids {
                    #expect(
                        try log.start(ofBlockCovering: NumberedEvents.dot(id)) == block.first, "seed \(seed), step \(step), event \(id)")
                }
            }
            for id in [log.end.index, NumberedEvents.firstWaiting] {
                #expect(try log.start(ofBlockCovering: NumberedEvents.dot(id)) == nil, "seed \(seed), step \(step), event \(id)")
            }
            for (number, device) in NumberedEvents.devices.enumerated() {
                let end = Position(UInt64(random.below(Int(log.end.index) + 2)))
                let expected = blocks.last { $0.first < end && $0.ids.contains { $0 % 3 == UInt64(number) } }?.first
                #expect(
                    try log.newestBlock(before: end, holdingEventsOf: device)?.first == expected,
                    "seed \(seed), step \(step), before \(end.index)")
            }
        }
    }
}
