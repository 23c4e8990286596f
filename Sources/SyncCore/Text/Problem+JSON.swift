package import EventCore

/// Problem documents: RFC 9457's members, and stable ones beside them.
extension Problem {
    /// The members, into an object that has begun.
    ///
    /// - Parameter detail: a sentence for people.
    package func write(to writer: inout JSONWriter, detail: String) {
        // A message has a `type` of its own.
        writer.key("title")
        writer.string(code.rawValue.split(separator: "-").joined(separator: " "))
        writer.key("status")
        writer.integer(code.status)
        writer.key("code")
        writer.string(code.rawValue)
        writer.key("detail")
        writer.string(detail)
        writer.key("retryable")
        writer.boolean(code.isRetryable)
        if let retryAfterMilliseconds {
            writer.key("retryAfterMs")
            writer.integer(retryAfterMilliseconds)
        }
        guard let expected else { return }
        writer.key("device")
        writer.device(expected.device)
        writer.key("expected")
        writer.integer(expected.seq)
    }

    /// nil for what is no problem, or has a code that is not known here.
    package init?(json object: JSONValue) {
        guard let code = object["code"]?.text.flatMap({ ProblemCode(rawValue: $0) }) else { return nil }
        var expected: Dot?
        if let device = object["device"]?.text.flatMap({ DeviceID($0) }), let seq = object["expected"]?.integer {
            expected = Dot(device: device, seq: seq)
        }
        // Nobody waits longer than a few days; what is reckoned with it does not overflow.
        let retry = object["retryAfterMs"]?.integer.map { min($0, 1 << 32) }
        self.init(code, retryAfterMilliseconds: retry, expected: expected)
    }
}
