internal import Glibc

/// Notices that another program wants to write to the store, which it cannot as long as the prompt has it open: it opens the lock's file.
final class LockWatch: NoticeSource {
    let descriptor: Int32
    /// When somebody was seen last: a writer tries for seconds.
    private var lastSeconds = -LockWatch.quietSeconds

    private static let quietSeconds = 8.0

    /// nil where the system cannot watch the file.
    init?(_ path: String) {
        let descriptor = inotify_init1(Int32(O_CLOEXEC | O_NONBLOCK))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, path, UInt32(IN_OPEN)) >= 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    func notices() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &bytes, bytes.count) > 0 {}
        let now = Machine.monotonicSeconds
        defer { lastSeconds = now }
        guard now - lastSeconds >= Self.quietSeconds else { return [] }
        return ["another program wants to write to this store; it can when you leave (Ctrl-D)"]
    }
}
