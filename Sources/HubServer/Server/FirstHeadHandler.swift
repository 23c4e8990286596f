internal import NIOCore
internal import NIOHTTP1

/// Stands before the upgrade to a socket: a connection that sends no request is closed, and an `Upgrade` that is none for us goes on as plain HTTP.
///
/// Without it a silent connection has no timer yet, and what the upgrader declines hangs.
final class FirstHeadHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private var deadline: Scheduled<Void>?
    private let milliseconds: Int64

    init(milliseconds: UInt64) { self.milliseconds = Int64(clamping: milliseconds) }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The hub is going down, and nothing has begun here.
        if event is ChannelShouldQuiesceEvent && deadline != nil { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        deadline?.cancel()
        deadline = nil
        if !Self.isSocket(head) { head.headers.remove(name: "upgrade") }
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private static func isSocket(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.uri.prefix { $0 != "?" } == SocketUpgrade.path
            && head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
            && head.headers["sec-websocket-key"].count == 1 && head.headers["sec-websocket-version"] == ["13"]
    }
}
