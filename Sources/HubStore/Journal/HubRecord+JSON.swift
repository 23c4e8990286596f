internal import EventCore
internal import SyncCore

/// Records as the journal has them: an object with one member that names what it is.
extension HubRecord {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .codeIssued(let hash, let role, let expiresAt):
            writer.member("code", hash)
            writer.member("role", role.rawValue)
            writer.member("expires", expiresAt)
        case .codeSpent(let hash, let device):
            writer.member("spent", hash)
            writer.member("by", device)
        case .enrolled(let device): Self.write(device, &writer)
        case .revoked(let device, let position):
            writer.member("revoked", device)
            writer.member("at", position.index)
        case .tokenIssued(let hash, let device, let expiresAt):
            writer.member("token", hash)
            writer.member("device", device)
            writer.member("expires", expiresAt)
        case .epochGranted(let device): writer.member("granted", device)
        case .epochsForgotten(let count, let doubted):
            writer.member("forgotten", count)
            if doubted > 0 { writer.member("doubted", doubted) }
        case .critical(let event, let recipients):
            writer.member("critical", event.position.index)
            writer.key("dot")
            writer.dot(event.dot)
            writer.member("bytes", UInt64(event.byteCount))
            writer.key("recipients")
            writer.beginArray()
            for device in recipients { writer.device(device) }
            writer.endArray()
        case .ended(let delivery, let device):
            writer.member("ended", delivery.index)
            writer.member("by", device)
        case .criticalClosed(let delivery): writer.member("closed", delivery.index)
        case .signedHead(let signed):
            writer.key("head")
            writer.dot(signed.head.dot)
            writer.member("hash", signed.head.hash)
            if let signature = signed.signature { writer.member("signature", Hexadecimal.text(signature)) }
        case .vouched(let run, let device):
            writer.member("vouched", run.device)
            writer.member("first", run.seqs.lowerBound)
            writer.member("last", run.seqs.upperBound)
            writer.member("by", device)
        case .noted(let position): writer.member("noted", position.index)
        }
        writer.endObject()
    }

    private static func write(_ device: EnrolledDevice, _ writer: inout JSONWriter) {
        writer.member("enrolled", device.id)
        writer.member("name", device.name)
        writer.member("role", device.role.rawValue)
        writer.member("key", Hexadecimal.text(device.publicKey))
        writer.member("at", device.enrolledAt.index)
        if let seq = device.seqAtEnrolment { writer.member("seq", seq) }
        if let revokedAt = device.revokedAt { writer.member("revokedAt", revokedAt.index) }
        if let formerly = device.formerly { writer.member("formerly", formerly) }
    }

    /// nil for what is no record of this version.
    init?(json object: JSONValue) {
        func number(_ name: String) -> UInt64? { object[name]?.integer }
        func device(_ name: String) -> DeviceID? { object[name]?.text.flatMap { DeviceID($0) } }
        func hash(_ name: String) -> Hash256? { object[name]?.bytes.flatMap { Hash256($0) } }
        let role = object["role"]?.text.flatMap { Role(rawValue: $0) }
        if let code = hash("code"), let role, let expires = number("expires") {
            self = .codeIssued(code, role, expiresAt: expires)
        } else if let code = hash("spent"), let by = device("by") {
            self = .codeSpent(code, by: by)
        } else if let id = device("enrolled"), let name = object["name"]?.text, let role, let key = object["key"]?.bytes,
            let at = number("at")
        {
            self = .enrolled(
                EnrolledDevice(
                    id: id, name: name, role: role, publicKey: key, enrolledAt: Position(at),
                    seqAtEnrolment: number("seq"), revokedAt: number("revokedAt").map { Position($0) },
                    formerly: device("formerly")))
        } else if let id = device("revoked"), let at = number("at") {
            self = .revoked(id, at: Position(at))
        } else if let token = hash("token"), let id = device("device"), let expires = number("expires") {
            self = .tokenIssued(token, id, expiresAt: expires)
        } else if let id = device("granted") {
            self = .epochGranted(to: id)
        } else if let count = number("forgotten"), (1...EpochGrants.forgottenAtMost).contains(count) {
            self = .epochsForgotten(count: count, doubted: number("doubted") ?? 0)
        } else if let position = number("critical"), let dot = object["dot"]?.dot, let bytes = number("bytes"),
            let recipients = object["recipients"]?.items
        {
            self = .critical(
                CriticalEvent(position: Position(position), dot: dot, byteCount: Int(clamping: bytes)),
                recipients: recipients.compactMap { $0.text.flatMap { DeviceID($0) } })
        } else if let delivery = number("ended"), let by = device("by") {
            self = .ended(DeliveryID(delivery), by)
        } else if let delivery = number("closed") {
            self = .criticalClosed(DeliveryID(delivery))
        } else if let dot = object["head"]?.dot, let hash = hash("hash") {
            self = .signedHead(SignedHead(head: ChainHead(dot: dot, hash: hash), signature: object["signature"]?.bytes))
        } else if let id = device("vouched"), let first = number("first"), let last = number("last"), let by = device("by"), first <= last {
            self = .vouched(DeviceRun(device: id, seqs: first...last), by: by)
        } else if let position = number("noted") {
            self = .noted(Position(position))
        } else {
            return nil
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ number: UInt64) {
        key(name)
        integer(number)
    }

    fileprivate mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    fileprivate mutating func member(_ name: StaticString, _ id: DeviceID) {
        key(name)
        device(id)
    }

    fileprivate mutating func member(_ name: StaticString, _ hash: Hash256) {
        key(name)
        string(hash.description)
    }
}
