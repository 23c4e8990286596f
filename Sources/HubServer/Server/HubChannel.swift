internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOHTTPTypes
internal import NIOHTTPTypesHTTP1
internal import NIOWebSocket
internal import ReplicaEngine
internal import SyncCore

/// One connection: HTTP/1.1, packed both ways where the peer likes it, or a WebSocket when its first request asks for one.
struct HubChannel: ServerChildChannel, HTTPChannelHandler {
    typealias HTTP = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    enum Kind: Sendable {
        case http(HTTP)
        case socket(SocketChannel)
    }

    struct Value: ServerChildChannelValue {
        let kind: EventLoopFuture<Kind>
        let channel: any Channel
    }

    let responder: HTTPChannelHandler.Responder
    let upgrade: SocketUpgrade
    let limits: SyncLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
            let first = FirstHeadHandler(milliseconds: limits.headMilliseconds)
            let upgrader = NIOTypedHTTPServerUpgradeHandler<Kind>(
                httpEncoder: encoder, extraHTTPHandlers: [decoder, first],
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrade.upgrader()],
                    notUpgradingCompletionHandler: { channel in Self.http(channel, limits, logger) }))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(first)
            try pipeline.addHandler(upgrader)
            return Value(kind: upgrader.upgradeResultFuture, channel: channel)
        }
    }

    /// The rest of the pipeline for a connection that stays with HTTP.
    private static func http(_ channel: any Channel, _ limits: SyncLimits, _ logger: Logger) -> EventLoopFuture<Kind> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(BodyDeadline(milliseconds: limits.bodyMilliseconds))
            try pipeline.addHandler(NIOHTTPRequestDecompressor(limit: .size(HubLimits.bodyBytes)))
            try pipeline.addHandler(
                HTTPResponseCompressor(responseCompressionPredicate: { head, _ in
                    // Blocks are packed already, and what is small travels as fast as it is.
                    let isSmall = head.headers.first(name: "content-length").flatMap { Int($0) }.map { $0 < HubLimits.packedBytes } ?? false
                    let isPacked = head.headers.first(name: "content-type") == BlocksBody.mediaType
                    return isSmall || isPacked ? .doNotCompress : .compressIfPossible
                }))
            try pipeline.addHandler(ResponseGate())
            try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try pipeline.addHandler(
                HTTPConnectionStateHandler(
                    idleTimeout: .milliseconds(Int64(clamping: limits.idleMilliseconds)), logger: logger))
            return .http(try HTTP(wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
        }
    }

    func handle(value: Value, logger: Logger) async {
        // A connection that ended before its first request has nothing to be handled.
        guard let kind = try? await value.kind.get() else {
            try? await value.channel.close()
            return
        }
        switch kind {
        case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
        case .socket(let channel): await channel.run()
        }
    }
}
