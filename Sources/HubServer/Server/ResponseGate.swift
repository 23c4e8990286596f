internal import NIOCore
internal import NIOHTTP1

/// Lets through one answer for each request, and ends the connection at one more.
///
/// Hummingbird answers 400 when a request cannot be parsed, also where it has answered already or no head has come; `HTTPResponseCompressor` traps at an answer to nothing.
final class ResponseGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Requests that have no answer yet.
    private var owed = 0
    private var isShut = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) { owed += 1 }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .head(let head) = unwrapOutboundIn(data), head.status.code >= 200 {
            isShut = isShut || owed == 0
            owed -= 1
        }
        guard isShut else { return context.write(data, promise: promise) }
        promise?.fail(ChannelError.ioOnClosedChannel)
        context.close(promise: nil)
    }
}
