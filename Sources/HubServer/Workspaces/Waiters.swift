internal import NIOCore

/// Pulls that wait for the log to grow. Part of its workspace, on that one's thread.
struct Waiters {
    private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var next: UInt64 = 0

    var count: Int { waiting.count }

    mutating func add(_ continuation: CheckedContinuation<Void, Never>) -> UInt64 {
        next += 1
        waiting[next] = continuation
        return next
    }

    mutating func wake(_ number: UInt64) { waiting.removeValue(forKey: number)?.resume() }

    mutating func wakeAll() {
        for continuation in waiting.values { continuation.resume() }
        waiting = [:]
    }
}
