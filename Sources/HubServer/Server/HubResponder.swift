internal import EventCore
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOHTTPCompression
internal import SyncCore

/// Requests → routes → answers: whatever goes wrong is a problem document.
struct HubResponder: HTTPResponder {
    let hub: Hub
    let traffic: Traffic

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        var answer: Answer
        do throws(ProblemDocument) { answer = try await self.answer(request) } catch { answer = Answer(error) }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        traffic.add(status: answer.status, seconds: seconds)
        context.logger.info(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(request.uri.path)", "status": "\(answer.status)",
                "milliseconds": "\(Int(seconds * 1000))", "bytes": "\(answer.body.count)",
            ])
        return Self.response(answer)
    }

    private func answer(_ request: Request) async throws(ProblemDocument) -> Answer {
        let (route, parameters) = try Routes.find(request.method, path: request.uri.path)
        // Who is not let in is not listened to either.
        let asker = route.access == .device ? try await hub.asker(request.headers[.authorization].flatMap(Self.bearer)) : nil
        let body = try await Self.body(of: request)
        let mediaType = request.headers[.contentType].map { $0.prefix { $0 != ";" }.lowercased() }
        if !body.isEmpty, let mediaType, !route.takes.isEmpty, !route.takes.contains(mediaType) { throw .wrongMediaType }
        return try await route.handle(
            Call(
                hub: hub, traffic: traffic, asker: asker, parameters: parameters,
                query: Self.query(of: request), body: body, mediaType: mediaType,
                accept: request.headers[.accept]))
    }

    /// The token of an `Authorization` header.
    static func bearer(_ header: String) -> String? {
        let words = header.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
        return String(words[1])
    }

    private static func query(of request: Request) -> [String: String] {
        var query: [String: String] = [:]
        for (key, value) in request.uri.queryParameters { query[String(key)] = String(value) }
        return query
    }

    private static func body(of request: Request) async throws(ProblemDocument) -> [UInt8] {
        if let encoding = request.headers[.contentEncoding], !["gzip", "deflate", "identity"].contains(encoding.lowercased()) {
            throw ProblemDocument(415, "content-encoding", "the body is packed with gzip or not at all")
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > HubLimits.bodyBytes {
            throw ProblemDocument(.tooLarge)
        }
        do {
            return Array(try await request.body.collect(upTo: HubLimits.bodyBytes).readableBytesView)
        } catch is NIOTooManyBytesError { throw ProblemDocument(.tooLarge) } catch let error as NIOHTTPDecompression.DecompressionError {
            if case .limit = error { throw ProblemDocument(.tooLarge) }
            throw .malformed("the body cannot be unpacked")
        } catch { throw .malformed("the body did not come whole") }
    }

    private static func response(_ answer: Answer) -> Response {
        var headers: HTTPFields = [.contentType: answer.mediaType]
        for (name, value) in answer.headers { if let name = HTTPField.Name(name) { headers[name] = value } }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
