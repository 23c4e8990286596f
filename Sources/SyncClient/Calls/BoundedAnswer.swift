internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import SyncCore
internal import Synchronization

/// What is answered, and so how long the answer may be.
enum AnswerKind {
    /// An object about one device: enrolled, challenged, let in, revoked.
    case object
    /// One that says something of each device or event: a status, the devices, the verdicts on a push.
    case list
    /// A page of a pull.
    case page

    /// Of a problem, whatever was asked.
    static let problemBytes = 64 * 1024

    /// Bytes, unpacked. A page is at most an event or a block longer than where the hub closes it, and says something of each device, too.
    var limitBytes: Int {
        switch self {
        case .object: 64 * 1024
        case .list: 16 * 1024 * 1024
        case .page: 2 * SyncLimits().pageBytes + Self.list.limitBytes
        }
    }
}

/// Reads an answer of a hub, and gives up where it is longer than its kind may be.
final class BoundedAnswer: HTTPClientResponseDelegate, Sendable {
    struct Reply: Sendable {
        var status: UInt = 0
        var mediaType = ""
        var body: [UInt8] = []

        var isSuccess: Bool { (200..<300).contains(status) }
    }

    /// It is longer.
    struct TooLong: Error {
        let limitBytes: Int
    }

    private let kind: AnswerKind
    private let reply = Mutex(Reply())

    init(_ kind: AnswerKind) { self.kind = kind }

    func didReceiveHead(task: HTTPClient.Task<Reply>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        reply.withLock { reply in
            reply.status = head.status.code
            reply.mediaType = head.headers.first(name: "content-type").map { String($0.prefix { $0 != ";" }) } ?? ""
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Reply>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let tooLong = reply.withLock { reply -> TooLong? in
            let limit = reply.isSuccess ? kind.limitBytes : AnswerKind.problemBytes
            guard reply.body.count + buffer.readableBytes <= limit else { return TooLong(limitBytes: limit) }
            reply.body += buffer.readableBytesView
            return nil
        }
        return tooLong.map { task.eventLoop.makeFailedFuture($0) } ?? task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Reply>) throws -> Reply { reply.withLock { $0 } }
}
