internal import NIOCore
internal import NIOHTTP1
internal import SyncCore

/// Gives a request's body so much time to come. One that does not is answered 408, unless it has its answer already, and its connection ends.
///
/// Without it a body that drips in byte by byte holds a connection for as long as it likes.
final class BodyDeadline: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let milliseconds: Int64
    private var deadline: Scheduled<Void>?
    private var isAnswered = false

    init(milliseconds: UInt64) { self.milliseconds = Int64(clamping: milliseconds) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isAnswered = false
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            deadline = context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) {
                let (handler, context) = bound.value
                handler.end(context)
            }
        case .body: break
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head = unwrapOutboundIn(data) { isAnswered = true }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func stop() {
        deadline?.cancel()
        deadline = nil
    }

    private func end(_ context: ChannelHandlerContext) {
        guard !isAnswered else { return context.close(promise: nil) }
        isAnswered = true
        let body = ByteBuffer(bytes: ProblemDocument.slowBody(milliseconds).json)
        let head = HTTPResponseHead(
            version: .http1_1, status: .requestTimeout,
            headers: ["content-type": "application/problem+json", "content-length": "\(body.readableBytes)", "connection": "close"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
