import EventCore
import Testing
import Workload

/// Version vectors are a lattice: each law over all vectors of three devices with seqs 0 to 2, and over larger seeded ones.
struct VersionVectorLawTests {
    private static let devices = [DeviceID(high: 0, low: 7), DeviceID(high: 5, low: 0), DeviceID(high: 5, low: 1)]

    /// Pointwise twins of the vectors: what a vector means, written as three numbers.
    private static let points: [[UInt64]] = (0..<27 as Range<UInt64>).map { [$0 % 3, $0 / 3 % 3, $0 / 9] }

    private static func vector(_ point: [UInt64]) -> VersionVector {
        VersionVector(zip(devices, point).map { Dot(device: $0, seq: $1) })
    }

    private static let universe = points.map(vector)

    @Test func `the four answers are the pointwise ones, whichever devices one side does not know`() {
        for (left, leftPoint) in zip(Self.universe, Self.points) {
            for (right, rightPoint) in zip(Self.universe, Self.points) {
                let isBelow = zip(leftPoint, rightPoint).allSatisfy { $0 <= $1 }
                let isAbove = zip(leftPoint, rightPoint).allSatisfy { $0 >= $1 }
                let expected: CausalOrder = isBelow ? (isAbove ? .equal : .before) : (isAbove ? .after : .concurrent)
                #expect(left.order(to: right) == expected, "\(leftPoint) to \(rightPoint)")
                #expect(left.isCovered(by: right) == isBelow, "\(leftPoint) by \(rightPoint)")
                #expect((left == right) == (leftPoint == rightPoint), "\(leftPoint) and \(rightPoint)")
            }
        }
    }

    @Test func `being another one advanced to a dot needs no such vector to be seen`() {
        for left in Self.universe {
            for right in Self.universe {
                for dot in Self.devices.flatMap({ device in [Dot(device: device, seq: 1), Dot(device: device, seq: 2)] })
                where !right.covers(dot) {
                    var advanced = right
                    advanced.advance(to: dot)
                    #expect(left.isEqual(to: right, advancedTo: dot) == (left == advanced), "\(left.entries), \(right.entries), \(dot)")
                }
            }
        }
    }

    @Test func `covering is a partial order`() {
        for left in Self.universe {
            #expect(left.isCovered(by: left))
            for right in Self.universe where left.isCovered(by: right) {
                #expect(left == right || !right.isCovered(by: left), "\(left.entries) and \(right.entries)")
                let isTransitive = Self.universe.allSatisfy { !right.isCovered(by: $0) || left.isCovered(by: $0) }
                #expect(isTransitive, "\(left.entries) and \(right.entries)")
            }
        }
    }

    @Test func `the join is the least vector that covers both, the meet the greatest that both cover`() {
        for left in Self.universe {
            for right in Self.universe {
                let (join, meet) = (left.joined(with: right), left.met(with: right))
                #expect(left.isCovered(by: join) && right.isCovered(by: join), "\(left.entries) and \(right.entries)")
                #expect(meet.isCovered(by: left) && meet.isCovered(by: right), "\(left.entries) and \(right.entries)")
                let isLeast = Self.universe.allSatisfy { !(left.isCovered(by: $0) && right.isCovered(by: $0)) || join.isCovered(by: $0) }
                let isGreatest = Self.universe.allSatisfy { !($0.isCovered(by: left) && $0.isCovered(by: right)) || $0.isCovered(by: meet) }
                #expect(isLeast && isGreatest, "\(left.entries) and \(right.entries)")
            }
        }
    }

    @Test func `join and meet are idempotent, commutative and associative, and absorb each other`() {
        for left in Self.universe {
            #expect(left.joined(with: left) == left && left.met(with: left) == left)
            #expect(left.joined(with: VersionVector()) == left && left.met(with: VersionVector()).isEmpty)
            for right in Self.universe {
                #expect(left.joined(with: right) == right.joined(with: left) && left.met(with: right) == right.met(with: left))
                #expect(left.joined(with: left.met(with: right)) == left && left.met(with: left.joined(with: right)) == left)
                let isAssociative = Self.universe.allSatisfy { third in
                    left.joined(with: right).joined(with: third) == left.joined(with: right.joined(with: third))
                        && left.met(with: right).met(with: third) == left.met(with: right.met(with: third))
                }
                #expect(isAssociative, "\(left.entries) and \(right.entries)")
            }
        }
    }

    @Test func `a vector covers a dot when its entry reaches it, and advancing covers just that`() {
        for (vector, point) in zip(Self.universe, Self.points) {
            for (index, device) in Self.devices.enumerated() {
                #expect(vector[device] == point[index])
                for seq in 0..<4 as Range<UInt64> {
                    let dot = Dot(device: device, seq: seq)
                    #expect(vector.covers(dot) == (point[index] >= seq), "\(point) and \(dot)")
                    var advanced = vector
                    advanced.advance(to: dot)
                    var expected = point
                    expected[index] = max(expected[index], seq)
                    #expect(advanced == Self.vector(expected), "\(point) to \(dot)")
                }
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>) func `large vectors of many devices keep the laws`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let devices = (0..<80).map { _ in DeviceID(high: random.next() % 4, low: random.next()) }
        let three = (0..<3).map { _ in
            let count = random.below(60)
            return VersionVector(
                (0..<count).map { _ in Dot(device: devices[random.below(80)], seq: random.next() >> UInt64(random.below(64))) })
        }
        let (a, b, c) = (three[0], three[1], three[2])
        for vector in three + [a.joined(with: b), a.met(with: b)] {
            #expect(
                vector.entries == vector.entries.sorted() && Set(vector.entries.map(\.device)).count == vector.entries.count, "seed \(seed)"
            )
            #expect(vector.entries.allSatisfy { $0.seq >= 1 }, "seed \(seed)")
            #expect(VersionVector(vector.entries.reversed()) == vector, "seed \(seed)")
        }
        for device in devices {
            #expect(a.joined(with: b)[device] == max(a[device], b[device]), "seed \(seed)")
            #expect(a.met(with: b)[device] == min(a[device], b[device]), "seed \(seed)")
        }
        #expect(a.joined(with: b).joined(with: c) == a.joined(with: b.joined(with: c)), "seed \(seed)")
        #expect(a.isCovered(by: a.joined(with: b)) && a.met(with: b).isCovered(by: b), "seed \(seed)")
        #expect(a.order(to: a.joined(with: b)) == (b.isCovered(by: a) ? .equal : .before), "seed \(seed)")
    }
}
