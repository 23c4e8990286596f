internal import Glibc
internal import Synchronization

/// Work that all cores of the machine do together.
package enum Cores {
    /// Calls `body` once with each number below `count`, on all cores; returns when all calls have.
    ///
    /// - Parameters:
    ///   - stride: so many numbers are taken at a time.
    ///   - progress: called on this thread now and then: how many numbers have been taken.
    package static func forEach(
        _ count: Int, by stride: Int = 16, progress: (_ taken: Int) -> Void = { _ in }, _ body: @escaping @Sendable (Int) -> Void
    ) {
        let work = Work(count, stride, body)
        let strides = (count + stride - 1) / stride
        let threads = (1..<max(1, min(sysconf(Int32(_SC_NPROCESSORS_ONLN)), strides))).compactMap { _ in start(work) }
        work.run(progress)
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
                Unmanaged<Work>.fromOpaque(held).takeRetainedValue().run { _ in }
                return nil
            }, held.toOpaque())
        guard status != 0 else { return thread }
        held.release()
        return nil
    }

    private final class Work: Sendable {
        private let count: Int
        private let stride: Int
        private let body: @Sendable (Int) -> Void
        private let next = Atomic(0)

        init(_ count: Int, _ stride: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.count = count
            self.stride = stride
            self.body = body
        }

        func run(_ progress: (_ taken: Int) -> Void) {
            while true {
                let first = next.wrappingAdd(stride, ordering: .relaxed).oldValue
                guard first < count else { return }
                progress(first)
                for number in first..<min(first + stride, count) { body(number) }
            }
        }
    }
}
