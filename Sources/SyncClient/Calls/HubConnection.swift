internal import AsyncHTTPClient
internal import EventCore
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPCompression
internal import NIOPosix
internal import NIOSSL

/// Calls to a hub, one at a time, each waited for. Of several addresses the first that answers is used from then on.
final class HubConnection {
    struct Reply {
        let mediaType: String
        let body: [UInt8]
    }

    private let client: HTTPClient
    private var hubs: [String]
    /// What the thread that waits for an answer does meanwhile; nil: nothing.
    var attendance: Attendance?
    /// Of what is unpacked before anybody looks at it.
    private static let unpackedBytes = 2 * AnswerKind.page.limitBytes
    private static let pieceBytes = 64 * 1024

    /// - Throws: `.badURL`
    init(hubs: [String], authorities: String?) throws(SyncError) {
        for hub in hubs { guard Self.isURL(hub) else { throw .badURL(hub) } }
        self.hubs = hubs
        var configuration = HTTPClient.Configuration(
            timeout: HTTPClient.Configuration.Timeout(connect: Patience.connect, read: Patience.silence, write: Patience.silence),
            decompression: .enabled(limit: .size(Self.unpackedBytes)))
        configuration.maximumUsesPerConnection = nil
        configuration.redirectConfiguration = .disallow
        // Whoever calls tries the next address, or says at once that the hub is not there.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let authorities {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(authorities)
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit { try? client.syncShutdown() }

    /// The address in use.
    var hub: String { hubs[0] }

    /// Calls a route.
    ///
    /// - Parameters:
    ///   - kind: what is answered.
    ///   - meanwhile: done once while the answer is under way.
    /// - Throws: `.unreachable` when no address answers, what a problem means, or `.strangeAnswer`, also for an answer that is longer than its kind may be.
    func call(
        _ method: HTTPMethod, _ path: String, for kind: AnswerKind, token: String? = nil, body: [UInt8]? = nil,
        mediaType: String = "application/json",
        accept: String? = nil, meanwhile: () -> Void = {}
    ) throws(SyncError) -> Reply {
        var reasons: [String] = []
        var isFirst = true
        for (index, hub) in hubs.enumerated() {
            var headers = HTTPHeaders([("accept", accept ?? "application/json")])
            if let token { headers.add(name: "authorization", value: "Bearer \(token)") }
            if body != nil { headers.add(name: "content-type", value: mediaType) }
            do {
                let request = try HTTPClient.Request(
                    url: hub + path, method: method, headers: headers, body: body.map(Self.inPieces))
                let answer = client.execute(request: request, delegate: BoundedAnswer(kind), deadline: .now() + Patience.call)
                if isFirst { meanwhile() }
                isFirst = false
                attendance?.attend(answer.futureResult)
                let response = try answer.wait()
                if index > 0 { hubs.swapAt(0, index) }
                return try Self.reply(response, hub)
            } catch let error as SyncError {
                guard case .unreachable(_, let reason) = error else { throw error }
                reasons.append(reason)
            } catch let error as BoundedAnswer.TooLong {
                throw .strangeAnswer(hub: hub, what: "more than \(error.limitBytes) bytes")
            } catch is NIOHTTPDecompression.DecompressionError {
                throw .strangeAnswer(hub: hub, what: "what cannot be unpacked, or would be more than \(Self.unpackedBytes) bytes")
            } catch { reasons.append(Self.describe(error)) }
        }
        throw .unreachable(hub: hubs.joined(separator: ", "), reason: reasons.joined(separator: "; "))
    }

    /// A body that is handed over as the network takes it: in one piece it would count as sent at once, and the answer as late.
    private static func inPieces(_ bytes: [UInt8]) -> HTTPClient.Body {
        .stream(contentLength: Int64(bytes.count)) { writer in
            @Sendable func write(from start: Int) -> EventLoopFuture<Void> {
                let end = min(start + pieceBytes, bytes.count)
                let piece = writer.write(.byteBuffer(ByteBuffer(bytes: bytes[start..<end])))
                return end == bytes.count ? piece : piece.flatMap { write(from: end) }
            }
            return write(from: 0)
        }
    }

    private static func reply(_ response: BoundedAnswer.Reply, _ hub: String) throws(SyncError) -> Reply {
        if response.isSuccess { return Reply(mediaType: response.mediaType, body: response.body) }
        guard let object = try? JSONValue(json: response.body), let problem = HubProblem(object) else {
            throw .strangeAnswer(hub: hub, what: "status \(response.status)")
        }
        // A hub that is going down or too busy is as good as one that is not there: the work stays queued.
        if problem.status == 503 { throw .unreachable(hub: hub, reason: problem.detail) }
        throw problem.error
    }

    static func withoutSlash(_ hub: String) -> String { hub.hasSuffix("/") ? String(hub.dropLast()) : hub }

    static func isURL(_ text: String) -> Bool {
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.hasSuffix("/") else { return false }
        return (try? HTTPClient.Request(url: text)) != nil
    }

    /// Why a connection did not come about, in a few words.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else { return "the name \(error.host) is unknown" }
            return describe(first.error)
        case let error as IOError: return String(cString: strerror(error.errnoCode))
        case is NIOSSLError: return "its certificate is none that this device trusts; `join --ca FILE` names others"
        case let error as HTTPClientError: return describe(error)
        default: return "\(error)"
        }
    }

    private static func describe(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "no connection within \(Patience.connect.text)"
        case .readTimeout: "no answer for \(Patience.silence.text)"
        case .writeTimeout: "it has taken nothing for \(Patience.silence.text)"
        case .deadlineExceeded: "the answer was not whole within \(Patience.call.text)"
        case .remoteConnectionClosed: "the connection broke off before the answer was whole"
        default: error.shortDescription
        }
    }
}
