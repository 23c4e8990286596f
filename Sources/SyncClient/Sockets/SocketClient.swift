internal import EventCore
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket

/// A device's WebSocket to its hub: text frames out, and events of the socket in, from a thread of the network's.
final class SocketClient: Sendable {
    enum Event: Sendable {
        case text([UInt8])
        case closed(reason: String)
    }

    private let channel: any Channel
    private static let messageBytes = 1024 * 1024

    private init(_ channel: any Channel) { self.channel = channel }

    /// Opens a socket.
    ///
    /// - Throws: `.unreachable`, also when the hub does not upgrade.
    static func open(
        _ hub: String, token: String, authorities: String?, events: @escaping @Sendable (Event) -> Void
    ) throws(SyncError) -> SocketClient {
        guard let address = HubAddress(hub) else { throw .badURL(hub) }
        do {
            let tls = try address.isSecure ? tlsContext(authorities) : nil
            let upgraded = try MultiThreadedEventLoopGroup.singleton.next().makeFutureWithTask {
                try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connectTimeout(Patience.connect)
                    .connect(host: address.host, port: address.port) { channel in
                        channel.eventLoop.makeCompletedFuture { try setUp(channel, address, token, tls, events) }
                    }.get()
            }.wait()
            guard let channel = upgraded else { throw NoSocket() }
            return SocketClient(channel)
        } catch { throw .unreachable(hub: hub, reason: (error as? NoSocket)?.reason ?? HubConnection.describe(error)) }
    }

    func send(_ text: [UInt8]) {
        let frame = WebSocketFrame(fin: true, opcode: .text, maskKey: SocketMask.new(), data: ByteBuffer(bytes: text))
        channel.writeAndFlush(frame, promise: nil)
    }

    func close() {
        let channel = channel
        var data = ByteBuffer()
        data.writeInteger(UInt16(1000))
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: SocketMask.new(), data: data)).whenComplete {
            _ in
            channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
        }
    }

    // MARK: - Pipeline

    private static func tlsContext(_ authorities: String?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities { configuration.trustRoots = .file(authorities) }
        return try NIOSSLContext(configuration: configuration)
    }

    /// The connection did not become a socket.
    private struct NoSocket: Error {
        let reason = "the connection did not become a socket within \(Patience.upgrade.text)"
    }

    /// The channel once it is a socket; nil when the hub did not want that.
    private static func setUp(
        _ channel: any Channel, _ address: HubAddress, _ token: String, _ tls: NIOSSLContext?, _ events: @escaping @Sendable (Event) -> Void
    ) throws -> EventLoopFuture<(any Channel)?> {
        if let tls {
            let name = address.host.contains(":") || address.host.allSatisfy { $0.isNumber || $0 == "." } ? nil : address.host
            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<(any Channel)?>(maxFrameSize: messageBytes) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(
                    NIOWebSocketFrameAggregator(
                        minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1024, maxAccumulatedFrameSize: messageBytes))
                try channel.pipeline.syncOperations.addHandler(SocketReader(events))
                return channel
            }
        }
        let headers = HTTPHeaders([("host", address.authority), ("authorization", "Bearer \(token)"), ("content-length", "0")])
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: address.prefix + "/sync/ws", headers: headers),
                upgraders: [upgrader], notUpgradingCompletionHandler: { channel in channel.close().map { nil } }))
        // What the hub sends right behind its answer belongs to the socket.
        configuration.leftOverBytesStrategy = .forwardBytes
        let upgrade = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
        // Whoever takes the connection and says nothing is not waited for without end.
        let deadline = channel.eventLoop.scheduleTask(in: Patience.upgrade) { channel.close(promise: nil) }
        upgrade.whenComplete { _ in deadline.cancel() }
        return upgrade.flatMapErrorThrowing { error in throw error is ChannelError ? NoSocket() : error }
    }
}

/// Frames → events.
private final class SocketReader: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let events: @Sendable (SocketClient.Event) -> Void
    private var reason = "the connection ended"
    private var isOver = false

    init(_ events: @escaping @Sendable (SocketClient.Event) -> Void) { self.events = events }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text: events(.text(Array(frame.data.readableBytesView)))
        case .ping:
            context.writeAndFlush(
                wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, maskKey: SocketMask.new(), data: frame.data)), promise: nil)
        case .connectionClose:
            var data = frame.data
            if data.readInteger(as: UInt16.self) != nil, let text = data.readString(length: data.readableBytes), !text.isEmpty {
                reason = text
            }
            context.close(promise: nil)
        default: break
        }
    }

    /// The connection may have ended before anybody here was there to see it.
    func handlerAdded(context: ChannelHandlerContext) { if !context.channel.isActive { end() } }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        guard !isOver else { return }
        isOver = true
        events(.closed(reason: reason))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason = "\(error)"
        context.close(promise: nil)
    }
}
