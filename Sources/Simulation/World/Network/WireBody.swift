internal import EventCore
internal import ReplicaEngine

/// How events travel with calls, by the version of the protocol that a device speaks.
enum WireForm {
    /// As JSON, which every version speaks.
    case json
    /// As blocks with whole contexts.
    case events
    /// As packed blocks as they lie in a log, where these are some.
    case blocks
}

/// The events of a push or of a page, as bytes.
struct WireBody {
    let form: WireForm
    let bytes: [UInt8]

    static let empty = WireBody(form: .events, bytes: [])

    init(form: WireForm, bytes: [UInt8]) {
        self.form = form
        self.bytes = bytes
    }

    /// Events one by one.
    init(_ events: [Event], isJSON: Bool) {
        form = isJSON ? .json : .events
        bytes =
            isJSON
            ? Array("[".utf8) + events.map(\.canonicalJSON).joined(separator: Array(",".utf8)) + Array("]".utf8)
            : EventBlocks.bytes(of: events)
    }

    /// Packed blocks.
    init(blocks: [UInt8]) {
        form = .blocks
        bytes = BlocksBody.bytes(object: Array("{}".utf8), blocks: blocks)
    }

    /// The events of a body that is none of packed blocks; an error where it is malformed.
    func events(limit: Int) throws -> [Event] {
        guard form == .json else { return try EventBlocks.events(in: bytes, limit: limit) }
        return try bytes.withUnsafeBufferPointer { bytes in
            let pieces = JSONPieces(bytes)
            var parser = EventParser()
            return try pieces.items().prefix(limit).map { try pieces.event(in: $0, &parser) }
        }
    }
}

/// What somebody understood of a body.
enum WireContents {
    case events([Event])
    case blocks(BlocksBody)

    init(_ body: WireBody, limit: Int) throws {
        guard body.form == .blocks else {
            self = .events(try body.events(limit: limit))
            return
        }
        guard let blocks = BlocksBody(body.bytes) else {
            throw Violation(.nothingFailsAlone, "packed blocks do not come back from their bytes")
        }
        self = .blocks(blocks)
    }

    var count: Int {
        switch self {
        case .events(let events): events.count
        case .blocks(let body): body.eventCount
        }
    }

    /// The highest event of each device.
    var covers: VersionVector {
        switch self {
        case .events(let events): VersionVector(events.map(\.dot))
        case .blocks(let body): body.covers
        }
    }
}
