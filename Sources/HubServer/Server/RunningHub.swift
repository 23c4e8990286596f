internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A hub in a program that does other things, too: it runs until it is stopped, and heeds no signals.
package final class RunningHub: Sendable {
    package let url: String
    private let group: ServiceGroup
    private let ended: EventLoopFuture<Void>

    /// Returns when the hub answers. Not to be called on a thread of the network's.
    ///
    /// - Throws: `HubError`
    package init(_ options: HubOptions) throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let grouped = loop.makePromise(of: ServiceGroup.self)
        let answering = loop.makePromise(of: String.self)
        ended = loop.makeFutureWithTask {
            try await HubService.serve(options, signals: [], started: { grouped.succeed($0) }) { url, _ in answering.succeed(url) }
        }
        // Without effect on what is kept already.
        ended.whenFailure { error in
            grouped.fail(error)
            answering.fail(error)
        }
        url = try answering.futureResult.wait()
        group = try grouped.futureResult.wait()
    }

    /// Returns when everything is written and let go of.
    package func stop() throws {
        let group = group
        try ended.eventLoop.makeFutureWithTask { await group.triggerGracefulShutdown() }.wait()
        try ended.wait()
    }
}
