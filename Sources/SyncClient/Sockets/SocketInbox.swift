internal import Glibc

/// What a socket brought, from the network's thread to the one that waits.
final class SocketInbox: @unchecked Sendable {
    /// Which socket it was, and what it brought.
    private var events: [(attempt: UInt64, event: SocketClient.Event)] = []
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func add(_ event: SocketClient.Event, of attempt: UInt64) {
        pthread_mutex_lock(mutex)
        events.append((attempt, event))
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// The next event, waited for; nil when none came in time.
    func next(timeoutMilliseconds: Int) -> (attempt: UInt64, event: SocketClient.Event)? {
        var until = timespec()
        clock_gettime(CLOCK_REALTIME, &until)
        until.tv_sec += timeoutMilliseconds / 1000
        until.tv_nsec += timeoutMilliseconds % 1000 * 1_000_000
        if until.tv_nsec >= 1_000_000_000 {
            until.tv_sec += 1
            until.tv_nsec -= 1_000_000_000
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while events.isEmpty {
            guard pthread_cond_timedwait(condition, mutex, &until) == 0 else { return nil }
        }
        return events.removeFirst()
    }
}
