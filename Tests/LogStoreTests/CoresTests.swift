import LogStore
import Synchronization
import Testing

/// Work on all cores at once.
struct CoresTests {
    private struct Stop: Error, Equatable {
        let at: Int
    }

    @Test(arguments: [0, 1, 2, 15, 16, 17, 33, 500])
    func `pieces are made once each, and used in their order on the thread that asks`(count: Int) throws {
        let made = Mutex([Int](repeating: 0, count: count))
        var used: [Int] = []
        Cores.inOrder(count) { number in
            made.withLock { $0[number] += 1 }
            return number * 3
        } using: {
            used.append($0)
        }
        #expect(used == (0..<count).map { $0 * 3 })
        #expect(made.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test(arguments: [0, 1, 16, 40, 99]) func `nothing is used behind what cannot be, and no more than two rounds are made`(stop: Int) {
        let made = Mutex(Set<Int>())
        var used: [Int] = []
        #expect(throws: Stop(at: stop)) {
            try Cores.inOrder(100, round: 10) { number in
                made.withLock { _ = $0.insert(number) }
                return number
            } using: { (number: Int) throws(Stop) in
                if number == stop { throw Stop(at: stop) }
                used.append(number)
            }
        }
        #expect(used == Array(0..<stop))
        #expect(made.withLock { $0 } == Set(0..<min(100, (stop / 10 + 2) * 10)))
    }

    @Test(arguments: [1, 3, 16], [0, 1, 5, 100]) func `each number is taken once`(stride: Int, count: Int) {
        let calls = Mutex([Int](repeating: 0, count: count))
        Cores.forEach(count, by: stride) { number in calls.withLock { $0[number] += 1 } }
        #expect(calls.withLock { $0 } == [Int](repeating: 1, count: count))
    }
}
