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
        let others = helpers(work, most: (count + stride - 1) / stride - 1)
        work.run(progress)
        for thread in others { pthread_join(thread, nil) }
    }

    /// Makes pieces on all cores, and uses them on this thread in the order of their numbers: while those of a round are used the next ones are made.
    ///
    /// - Parameters:
    ///   - round: so many are made at a time; twice as many are held.
    ///   - make: called once with each number below `count`, unless `use` throws.
    package static func inOrder<Piece, Failure: Error>(
        _ count: Int, round: Int = 16, making make: @escaping @Sendable (Int) -> Piece, using use: (Piece) throws(Failure) -> Void
    ) throws(Failure) {
        var (made, next): ([Piece], Int) = ([], 0)
        repeat {
            let (first, pieces) = (next, Pieces<Piece>(min(round, count - next)))
            let work = Work(pieces.count, 1) { pieces.put(make(first + $0), at: $0) }
            // This thread has something else to do first, unless it is the first round.
            let others = helpers(work, most: made.isEmpty ? pieces.count - 1 : pieces.count)
            var failure: Failure?
            do throws(Failure) { for piece in made { try use(piece) } } catch { failure = error }
            work.run { _ in }
            for thread in others { pthread_join(thread, nil) }
            if let failure { throw failure }
            (made, next) = (pieces.all, first + pieces.count)
        } while !made.isEmpty
    }

    /// Threads that help with it: one for each further core, and no more than `most`.
    private static func helpers(_ work: Work, most: Int) -> [pthread_t] {
        (0..<max(0, min(sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1, most))).compactMap { _ in start(work) }
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

    /// What several threads make, each in its place.
    private final class Pieces<Piece>: @unchecked Sendable {
        let count: Int
        private let places: UnsafeMutablePointer<Piece?>

        init(_ count: Int) {
            self.count = count
            places = .allocate(capacity: max(1, count))
            places.initialize(repeating: nil, count: count)
        }

        deinit {
            places.deinitialize(count: count)
            places.deallocate()
        }

        func put(_ piece: Piece, at number: Int) { places[number] = piece }

        /// Once all are made.
        var all: [Piece] { (0..<count).compactMap { places[$0] } }
    }
}
