import EventCore
import Simulation
import Testing

@testable import LogStore

@Suite struct AcknowledgedMarkTests {
    private static let header = SegmentHeader(
        isSealed: false, storeID: NumberedEvents.storeID, number: 1, first: Position(0), digestBefore: .none)

    /// A preamble with these generations in its slots; nil is a damaged one.
    private static func marks(_ even: UInt64?, _ odd: UInt64?) -> AcknowledgedMarks {
        let slots = [even, odd].flatMap { generation in
            generation.map { AcknowledgedMark.start(of: header, generation: $0).bytes(in: header) } ?? [UInt8](repeating: 7, count: 512)
        }
        return AcknowledgedMarks(reading: header.bytes + slots, in: header)
    }

    @Test func `the next mark is newer than all that are known and never goes where the newest on the disk lies`() {
        for even in [nil, 0, 2, 4, 6] as [UInt64?] {
            for odd in [nil, 1, 3, 5, 7] as [UInt64?] {
                let marks = Self.marks(even, odd)
                guard let newest = marks.newest else { continue }
                #expect(newest.generation == max(even ?? 0, odd ?? 0))
                for known in newest.generation..<(newest.generation + 3) {
                    let next = marks.generation(after: known)
                    #expect(
                        next > known && next % 2 != newest.generation % 2,
                        "\(String(describing: even)), \(String(describing: odd)), \(known)")
                }
            }
        }
    }

    @Test func `a mark in the other slot or of another segment does not count`() {
        let even = AcknowledgedMark.start(of: Self.header, generation: 2).bytes(in: Self.header)
        #expect(AcknowledgedMarks(reading: Self.header.bytes + even + even, in: Self.header).slots.map { $0?.generation } == [2, nil])
        let other = SegmentHeader(isSealed: false, storeID: NumberedEvents.storeID, number: 2, first: Position(0), digestBefore: .none)
        #expect(AcknowledgedMarks(reading: AcknowledgedMark.preamble(of: other), in: Self.header).newest == nil)
    }

    @Test(arguments: 0..<2)
    func `a damaged slot is written anew by the next opening, and the other one is left alone`(slot: Int) throws {
        let small = try SmallLog()
        let path = small.segments[2]
        var state = small.state
        state.zeroSector(1 + slot, of: path)
        let isNewestLost = SmallLog.newestSlot(small.state, path) == slot
        let volume = FaultyVolume(state)
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
        #expect(log.recovery.hadDamagedMarkSlot && log.recovery.tornTail == nil)
        #expect(log.recovery.unacknowledged.isEmpty == !isNewestLost)
        let other = 512 + (1 - slot) * 512..<1024 + (1 - slot) * 512
        #expect(volume.state.files[path]?[other] == small.state.files[path]?[other])
        #expect(SmallLog.newestSlot(volume.state, path) == slot)
    }
}
