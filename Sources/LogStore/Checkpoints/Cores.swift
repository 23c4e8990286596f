internal import Glibc
internal import Synchronization

/// Work that all cores of the machine do together.
enum Cores {
    /// Calls `body` once with each number below `count`, on all cores; returns when all calls have.
    static func forEach(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let work = Work(count, body)
        let helpers = min(sysconf(Int32(_SC_NPROCESSORS_ONLN)), (count - 1) / Work.stride)
        let threads = (0..<max(0, helpers - 1)).compactMap { _ in start(work) }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// nil when there is no thread to be had: the others do all of it then.
    private static func start(_ work: Work) -> pthread_t? {
        let held = Unmanaged.passRetained(work)
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { held in
                guard let held else { return nil }
                Unmanaged<Work>.fromOpaque(held).takeRetainedValue().run()
                return nil
            }, held.toOpaque())
        guard status != 0 else { return thread }
        held.release()
        return nil
    }

    private final class Work: Sendable {
        /// So many numbers are taken at a time.
        static let stride = 16

        private let count: Int
        private let body: @Sendable (Int) -> Void
        private let next = Atomic(0)

        init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.count = count
            self.body = body
        }

        func run() {
            while true {
                let first = next.wrappingAdd(Self.stride, ordering: .relaxed).oldValue
                guard first < count else { return }
                for number in first..<min(first + Self.stride, count) { body(number) }
            }
        }
    }
}
