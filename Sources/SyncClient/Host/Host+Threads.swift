internal import Glibc

/// Threads of the program's own. No signal interrupts them: signals are the first thread's.
extension Host {
    /// Runs `body` on a thread of its own, which nobody waits for.
    ///
    /// - Throws: `.noThread`
    package static func startThread(_ body: @escaping @Sendable () -> Void) throws(SyncError) { pthread_detach(try thread(body)) }

    /// Runs `body` on so many threads at once, each with its number, and waits for all of them.
    ///
    /// - Throws: `.noThread`
    package static func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws(SyncError) {
        var threads: [pthread_t] = []
        defer { for thread in threads { pthread_join(thread, nil) } }
        for number in 0..<count { threads.append(try thread { body(number) }) }
    }

    private static func thread(_ body: @escaping @Sendable () -> Void) throws(SyncError) -> pthread_t {
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
            throw .noThread(code: status)
        }
        return thread
    }
}
