package import EventCore
package import ReplicaEngine

/// Why a device did not sync.
package enum SyncError: Error, Hashable, Sendable {
    /// No hub answered. What was to be pushed waits in the log.
    case unreachable(hub: String, reason: String)
    /// A token, a role or a code does not let the device in.
    case notAllowed(HubProblem)
    /// This device's identity was used elsewhere.
    case fork(HubProblem)
    /// The hub refused for another reason.
    case refused(HubProblem)
    /// What came back is no answer of a hub.
    case strangeAnswer(hub: String, what: String)
    case notJoined(folder: String)
    case alreadyJoined(hub: String)
    /// The device's key is not where keys are: the store was copied from elsewhere.
    case noKey(path: String)
    case damagedFile(path: String)
    case badURL(String)
    case file(path: String, code: Int32)
    /// The system gives this process no further thread.
    case noThread(code: Int32)
    case store(ReplicaError)
    /// The store is another device's by now: it was mended meanwhile.
    case otherIdentity(folder: String)
}

/// A problem document of the hub.
package struct HubProblem: Hashable, Sendable {
    package let status: Int
    package let code: String
    package let detail: String
    package let isRetryable: Bool
    /// When it may be tried again.
    package let retryAfterMilliseconds: UInt64?
    /// The seq that should have come, of a gap.
    package let expected: Dot?

    init(
        status: Int, code: String, detail: String, isRetryable: Bool = false, retryAfterMilliseconds: UInt64? = nil, expected: Dot? = nil
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.isRetryable = isRetryable
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.expected = expected
    }

    init?(_ object: JSONValue) {
        guard let code = object["code"]?.text else { return nil }
        let device = object["device"]?.text.flatMap { DeviceID($0) }
        self.init(
            status: Int(object["status"]?.integer ?? 0), code: code, detail: object["detail"]?.text ?? "",
            isRetryable: object["retryable"]?.isTrue ?? false,
            retryAfterMilliseconds: object["retryAfterMs"]?.integer.map { min($0, Self.mostMilliseconds) },
            expected: device.flatMap { device in object["expected"]?.integer.map { Dot(device: device, seq: $0) } })
    }

    /// Nothing that is reckoned with it overflows.
    private static let mostMilliseconds: UInt64 = 1 << 32

    /// The error that the problem is to a device.
    var error: SyncError {
        if code == "fork" { return .fork(self) }
        return status == 401 || status == 403 || code == "signature-invalid" ? .notAllowed(self) : .refused(self)
    }
}
