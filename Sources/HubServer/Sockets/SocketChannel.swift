internal import EventCore
internal import NIOCore
internal import NIOWebSocket
internal import SyncCore

/// A device's WebSocket: text frames in and out, pings answered, and an end with a reason.
final class SocketChannel: Sendable {
    private typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    private let frames: Frames
    private let workspace: Workspace
    private let connection: ConnectionID

    /// Sets up the rest of the pipeline; on the channel's own thread.
    init(_ channel: any Channel, _ workspace: Workspace, _ connection: ConnectionID) throws {
        self.workspace = workspace
        self.connection = connection
        try channel.pipeline.syncOperations.addHandler(
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1024, maxAccumulatedFrameSize: HubLimits.messageBytes))
        frames = try Frames(wrappingChannelSynchronously: channel)
    }

    /// Serves the socket until it ends.
    func run() async {
        let channel = frames.channel
        await workspace.opened(connection, Socket(channel))
        try? await frames.executeThenClose { inbound, _ in
            for try await frame in inbound {
                switch frame.opcode {
                case .text:
                    let text = Array(frame.unmaskedData.readableBytesView)
                    await workspace.received(text, on: connection)
                case .ping: channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData), promise: nil)
                case .connectionClose:
                    // The peer's code is sent back, as RFC 6455 wants.
                    let code = frame.unmaskedData.getSlice(
                        at: frame.unmaskedData.readerIndex, length: min(2, frame.unmaskedData.readableBytes))
                    try? await channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: code ?? ByteBuffer())).get()
                    return
                case .binary: Socket(channel).close(1003, "messages are text")
                default: break
                }
            }
        }
        await workspace.disconnected(connection)
    }
}

/// The sending end of a socket.
struct Socket: Sendable {
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    /// - Parameter sent: called when the system has taken the message, or never will.
    func send(_ text: [UInt8], sent: @escaping @Sendable () -> Void) {
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: text))).whenComplete { _ in sent() }
    }

    /// Ends the socket with a code of RFC 6455 and a reason.
    func close(_ code: UInt16, _ reason: String) {
        var data = ByteBuffer()
        data.writeInteger(code)
        data.writeBytes(reason.utf8.prefix(120))
        let channel = channel
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .connectionClose, data: data), promise: nil)
        // Whether it is taken or not: a slow reader may never do so.
        channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
    }
}
