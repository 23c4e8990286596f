internal import Synchronization

/// How much is asked: counted for `/metrics`.
final class Traffic: Sendable {
    struct Counts {
        var byStatus: [Int: UInt64] = [:]
        /// Answers that took no longer than each of `bounds`, and all of them.
        var buckets = [UInt64](repeating: 0, count: Traffic.bounds.count)
        var count: UInt64 = 0
        var seconds = 0.0
    }

    static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5]

    private let state = Mutex(Counts())

    var counts: Counts { state.withLock { $0 } }

    func add(status: Int, seconds: Double) {
        state.withLock { state in
            state.byStatus[status, default: 0] += 1
            state.count += 1
            state.seconds += seconds
            for (index, bound) in Self.bounds.enumerated() where seconds <= bound { state.buckets[index] += 1 }
        }
    }
}
