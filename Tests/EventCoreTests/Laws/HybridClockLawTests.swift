import EventCore
import Testing
import Workload

/// A store's clock: never back, later than everything it has seen, not pulled along by the absurd.
struct HybridClockLawTests {
    private static let day = Limits.clockSkewMilliseconds

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `each time is later than all written and seen before, however the wall clock jumps`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var clock = HybridClock()
        var wall: UInt64 = 1_760_000_000_000
        var latest: HybridTime?
        for _ in 0..<300 {
            switch random.below(8) {
            case 0: wall -= UInt64(random.below(5_000_000))
            case 1, 2: break
            default: wall += UInt64(random.below(2000))
            }
            if random.chance(1, in: 3) {
                let offset = random.next() % (3 * Self.day)
                let time = try HybridTime(
                    milliseconds: wall + offset - Self.day, tick: random.chance(1, in: 2) ? .max : UInt16(random.below(9)))
                clock.observe(time, wall: wall)
                if offset <= 2 * Self.day { latest = max(latest ?? time, time) }
            } else {
                let time = try clock.next(wall: wall)
                let wallTime = try HybridTime(milliseconds: wall)
                #expect(time >= wallTime, "seed \(seed)")
                if let latest {
                    #expect(time > latest, "seed \(seed)")
                    // No further than it must: the wall's time, or just behind the latest one.
                    #expect(time == wallTime || Self.isNext(time, after: latest), "seed \(seed)")
                }
                latest = time
            }
            #expect(clock.latest == latest, "seed \(seed)")
        }
    }

    @Test func `while the wall clock stands still ticks count on, and a full one adds a millisecond`() throws {
        var clock = HybridClock()
        let count = Int(UInt16.max) + 3
        var times: [HybridTime] = []
        for _ in 0..<count { times.append(try clock.next(wall: 1000)) }
        #expect(try times[0] == HybridTime(milliseconds: 1000) && times[1] == HybridTime(milliseconds: 1000, tick: 1))
        #expect(try times[65535] == HybridTime(milliseconds: 1000, tick: .max))
        #expect(try times[65536] == HybridTime(milliseconds: 1001) && times[65537] == HybridTime(milliseconds: 1001, tick: 1))
    }

    @Test func `a day ahead pulls the clock along, a millisecond more does not`() throws {
        let wall: UInt64 = 5_000_000
        var clock = HybridClock()
        clock.observe(try HybridTime(milliseconds: wall + Self.day + 1), wall: wall)
        #expect(try clock.latest == nil && clock.next(wall: wall) == HybridTime(milliseconds: wall))
        clock.observe(try HybridTime(milliseconds: wall + Self.day, tick: 7), wall: wall)
        #expect(try clock.next(wall: wall) == HybridTime(milliseconds: wall + Self.day, tick: 8))
        // What is far in the future of one moment is not of a later one.
        clock.observe(try HybridTime(milliseconds: wall + Self.day + 1), wall: wall + 1)
        #expect(try clock.latest == HybridTime(milliseconds: wall + Self.day + 1))
    }

    @Test func `the end of time is an error, not a way back`() throws {
        let last = Limits.timeMilliseconds - 1
        #expect(throws: EventError.timeOutOfRange) { try HybridTime(milliseconds: last + 1) }
        var clock = HybridClock()
        #expect(throws: EventError.timeOutOfRange) { try clock.next(wall: last + 1) }
        clock.observe(try HybridTime(milliseconds: last, tick: .max), wall: last)
        #expect(throws: EventError.timeOutOfRange) { try clock.next(wall: last) }
        #expect(try clock.latest == HybridTime(milliseconds: last, tick: .max))
    }

    @Test func `packing keeps the order, and nothing is lost`() throws {
        let milliseconds: [UInt64] = [0, 1, 2, 65535, 65536, 1 << 32, (1 << 48) - 1]
        let times = try milliseconds.flatMap { at in try [0, 1, 255, 256, 65535].map { try HybridTime(milliseconds: at, tick: $0) } }
        for (index, left) in times.enumerated() {
            #expect(HybridTime(packed: left.packed) == left)
            for (other, right) in times.enumerated() {
                #expect((left < right) == (index < other) && (left.packed < right.packed) == (index < other))
            }
        }
    }

    @Test func `rank is time, then tick, then device bytes, then seq`() throws {
        let devices = [DeviceID(high: 0, low: .max), DeviceID(high: 1, low: 0), DeviceID(high: .max, low: 0)]
        let ranks = try [(1, 0), (1, 1), (2, 0)].flatMap { (milliseconds, tick) in
            try devices.flatMap { device in
                try ([1, 2, 10] as [UInt64]).map { seq in
                    Rank(time: try HybridTime(milliseconds: UInt64(milliseconds), tick: UInt16(tick)), dot: Dot(device: device, seq: seq))
                }
            }
        }
        for (index, left) in ranks.enumerated() {
            for (other, right) in ranks.enumerated() { #expect((left < right) == (index < other)) }
        }
    }

    private static func isNext(_ time: HybridTime, after latest: HybridTime) -> Bool { time.packed == latest.packed + 1 }
}
