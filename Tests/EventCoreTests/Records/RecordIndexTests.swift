import Testing
import Workload

@testable import EventCore

/// Two threads fold at once because neither touches the other's half of the index.
struct RecordIndexTests {
    @Test(arguments: 2...16 as ClosedRange<UInt64>) func `a probe sequence stays in the half that its hash names`(bits: UInt64) {
        let index = RecordIndex(bits: bits)
        let view = IndexView(slots: index.slots, bits: index.bits)
        var random = SeededRandom(seed: bits)
        for _ in 0..<200 {
            let hash = random.next()
            var slot = view.start(hash)
            for _ in 0..<min(index.capacity, 100) {
                #expect(slot >= 0 && slot < index.capacity && slot / (index.capacity / 2) == IndexView.half(hash))
                slot = view.next(slot)
            }
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>) func `growing keeps every cell where its hash leads`(seed: UInt64) {
        var index = RecordIndex(bits: 4)
        var random = SeededRandom(seed: seed)
        var hashes: [UInt64] = []
        var counts = (0, 0)
        for cell in 1...UInt32(2000) {
            let hash = random.next()
            if IndexView.half(hash) == 0 { counts.0 += 1 } else { counts.1 += 1 }
            index.grow(holding: counts)
            IndexView(slots: index.slots, bits: index.bits).insert(IndexView.word(hash: hash, cell: cell))
            hashes.append(hash)
        }
        let view = IndexView(slots: index.slots, bits: index.bits)
        for (number, hash) in hashes.enumerated() {
            var slot = view.start(hash)
            let word = IndexView.word(hash: hash, cell: UInt32(number + 1))
            while view.slots[slot] != word && view.slots[slot] != 0 { slot = view.next(slot) }
            #expect(view.slots[slot] == word)
        }
        #expect(max(counts.0, counts.1) * 4 <= index.capacity / 2 * 3)
    }
}
