internal import NIOCore
internal import Synchronization

/// What a thread does while an answer is under way that it waits for.
struct Attendance {
    /// Does it, and returns when the answer is there, soon after `wake` was called; or before.
    let work: (_ isAnswered: () -> Bool) -> Void
    let wake: @Sendable () -> Void

    func attend<Answer>(_ answer: EventLoopFuture<Answer>) {
        let mark = Mark()
        answer.whenComplete { [wake] _ in
            mark.isSet.store(true, ordering: .releasing)
            wake()
        }
        work { mark.isSet.load(ordering: .acquiring) }
    }

    private final class Mark: Sendable {
        let isSet = Atomic(false)
    }
}
