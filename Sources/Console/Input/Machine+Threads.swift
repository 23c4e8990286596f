internal import Glibc
internal import SyncCore

/// Threads that go on by themselves.
extension Machine {
    /// Runs `body` on a thread of its own, which nobody waits for and no signal interrupts.
    static func startThread(_ body: @escaping @Sendable () -> Void) throws(ConsoleError) {
        final class Work: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        let work = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { work in
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_SETMASK, &signals, nil)
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run() }
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            throw ConsoleError(code: "io", "no thread can be made: \(describe(errno: status))")
        }
        pthread_detach(thread)
    }

    /// What a device's session goes by.
    static var syncClock: ClockReading { ClockReading(milliseconds: UInt64(monotonicSeconds * 1000), wall: wall) }
}
