internal import Glibc

/// A lock with conditions, for threads that have to sleep until another one has done something: POSIX threads, which `Mutex` has no word for.
///
/// `Condition` numbers from 0 on what a thread waits for.
package final class Monitor<Condition: RawRepresentable<Int> & CaseIterable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let conditions = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: Condition.allCases.count)

    package init() {
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // A wall clock that is set must not lengthen a wait.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(mutex, nil)
        for index in 0..<Condition.allCases.count { pthread_cond_init(conditions + index, &attributes) }
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        for index in 0..<Condition.allCases.count { pthread_cond_destroy(conditions + index) }
        pthread_mutex_destroy(mutex)
        conditions.deallocate()
        mutex.deallocate()
    }

    package func lock() { pthread_mutex_lock(mutex) }

    package func unlock() { pthread_mutex_unlock(mutex) }

    /// Sleeps without the lock until the condition is announced, and now and then without a reason.
    package func wait(for condition: Condition) { pthread_cond_wait(conditions + condition.rawValue, mutex) }

    /// The same, but not beyond a time on `Monitor.nanoseconds`; false when that has come.
    package func wait(for condition: Condition, until nanoseconds: UInt64) -> Bool {
        var deadline = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        return pthread_cond_timedwait(conditions + condition.rawValue, mutex, &deadline) != ETIMEDOUT
    }

    /// Wakes all that wait for the condition.
    package func announce(_ condition: Condition) { pthread_cond_broadcast(conditions + condition.rawValue) }

    /// A clock that never goes back.
    package static var nanoseconds: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
