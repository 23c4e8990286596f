import EventCore
import Testing
import Workload

@testable import Console

struct TimeTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_637_599_940_000, "2021-11-22T16:52:20.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] as [(UInt64, String)])
    func `known days are written as calendars have them`(milliseconds: UInt64, text: String) throws {
        #expect(TimeText.iso(try HybridTime(milliseconds: milliseconds)) == text)
    }

    @Test func `what is written is read back`() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2000 {
            let milliseconds = random.next() >> 20
            let text = TimeText.iso(try HybridTime(milliseconds: milliseconds))
            guard text.count == 24 else { continue }
            #expect(TimeText.milliseconds(iso: text) == milliseconds, "\(text)")
        }
    }

    @Test(
        arguments: [
            ("2021-11-22", 1_637_539_200_000), ("2021-11-22T16:52", 1_637_599_920_000), ("2021-11-22 16:52:20", 1_637_599_940_000),
            ("2021-11-22T17:52:20.5+01:00", 1_637_599_940_500), ("2021-11-22T11:22:20-05:30", 1_637_599_940_000),
            ("2021-11-22 17:52:20 +0100", 1_637_599_940_000), ("2021-11-22T17:52:20+01", 1_637_599_940_000),
            ("2021-11-22t16:52:20,5z", 1_637_599_940_500),
        ] as [(String, UInt64)])
    func `shorter forms and zones are understood`(text: String, milliseconds: UInt64) {
        #expect(TimeText.milliseconds(iso: text) == milliseconds)
    }

    @Test(arguments: [
        "", "x", "2021", "2021-13-01", "2021-11-22T25:00", "2021-11-22T16:52:20Zx", "2021-11-22T16:52:20.Z", "1969-12-31", "#3",
        "2021-02-29", "2100-02-29", "2021-04-31", "2021-11-22T16:52+24:00", "2021-11-22T16:52+01:60", "2021-11-22T16:52+01:",
        "2021-11-22T16:52+1", "2021-11-22T16:52 ", "2021-11-22 +01:00",
    ])
    func `anything else is not a time`(text: String) {
        #expect(TimeText.milliseconds(iso: text) == nil)
    }
}
