internal import EventCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket
internal import SyncCore

/// Decides about upgrades to a WebSocket: the token comes in `Authorization`, and an `Origin` has to be an allowed one.
struct SocketUpgrade: Sendable {
    static let path = "/sync/ws"

    let hub: Hub
    let origins: [String]

    func upgrader() -> NIOTypedWebSocketServerUpgrader<HubChannel.Kind> {
        let knock = Knock()
        return NIOTypedWebSocketServerUpgrader(
            maxFrameSize: HubLimits.messageBytes,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeFutureWithTask { await answer(head, knock) }.flatMap { problem in
                    guard let problem else { return channel.eventLoop.makeSucceededFuture(HTTPHeaders()) }
                    // One that is merely declined hangs: swift-nio #2632.
                    return Self.refuse(problem, channel)
                }
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let (workspace, connection) = knock.accepted else { throw ChannelError.inappropriateOperationForState }
                    return .socket(try SocketChannel(channel, workspace, connection))
                }
            })
    }

    /// What speaks against it; nil lets the caller in.
    private func answer(_ head: HTTPRequestHead, _ knock: Knock) async -> ProblemDocument? {
        if let origin = head.headers["origin"].first, !origins.contains(origin) {
            return ProblemDocument(403, ProblemCode.notAllowed.rawValue, "the origin \(origin) may not open a socket here")
        }
        let (workspace, secret): (Workspace, Secret)
        do throws(ProblemDocument) {
            (workspace, secret) = try await hub.asker(head.headers["authorization"].first.flatMap(HubResponder.bearer))
        } catch { return error }
        let (connection, problem) = await workspace.knock(secret)
        if let problem { return ProblemDocument(problem) }
        knock.accepted = (workspace, connection)
        return nil
    }

    private static func refuse(_ problem: ProblemDocument, _ channel: any Channel) -> EventLoopFuture<HTTPHeaders?> {
        let body = ByteBuffer(bytes: problem.json)
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: problem.status),
            headers: [
                "content-type": "application/problem+json", "content-length": "\(body.readableBytes)", "connection": "close",
            ])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        return channel.writeAndFlush(HTTPServerResponsePart.end(nil)).flatMap { channel.close() }.map { nil }
    }
}
