internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// Reads arbitrary bytes as the body of a push, in one of its forms: what is understood comes back when it is written anew, what may be taken into a store leaves one that
/// opens again the same, and nothing traps.
///
/// The first byte says which form: JSON, an object and events, an object and packed blocks; or one block of the latter two under a right checksum, which no mutation finds: the second byte
/// says then how many events it claims, and in its upper bit which encoding.
package func fuzzPushBody(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 2, bytes.count < BlockHeader.payloadLimitBytes else { return }
    let body = Array(bytes.dropFirst())
    switch bytes[0] % 5 {
    case 0: checkJSONPush(body)
    case 1: checkEvents(body)
    case 2: checkBlocks(body)
    case 3: checkEvents(ExchangeBody.bytes(object: object, events: []) + sealed(.waiting, body))
    default: checkBlocks(BlocksBody.bytes(object: object, blocks: sealed(.events, body)))
    }
}

private let object = Array(#"{"chains":[]}"#.utf8)

private func sealed(_ kind: BlockHeader.Kind, _ body: [UInt8]) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes) + body.dropFirst()
    BlockHeader.seal(&block, kind: kind, encoding: body[0] < 128 ? .rows : .packed, count: UInt32(body[0] & 127) + 1)
    return block
}

private func checkJSONPush(_ body: [UInt8]) {
    let read: (events: [Event], chains: JSONValue?)?
    do throws(JSONError) { read = try JSONExchangeBody.parts(of: body, limit: 100) } catch {
        precondition(error.offset >= 0 && error.offset <= body.count)
        return
    }
    guard let (events, chains) = read else { return }
    let heads = chains?.items?.compactMap { SignedHead(json: $0) }
    let text = JSONExchangeBody.bytes(events: events, chains: heads ?? [])
    guard let again = try? JSONExchangeBody.parts(of: text, limit: 100) else { preconditionFailure("what was written is refused") }
    precondition(again.events == events)
    precondition(again.chains?.items?.compactMap { SignedHead(json: $0) } == heads ?? [])
}

private func checkEvents(_ body: [UInt8]) {
    guard let (object, events) = ExchangeBody.parts(of: body, limit: 100) else { return }
    let text = ExchangeBody.bytes(object: object.canonical.canonical, events: events)
    guard let again = ExchangeBody.parts(of: text, limit: events.count) else { preconditionFailure("what was written is refused") }
    precondition(again.object == object && again.events == events)
    for event in events {
        guard let parsed = try? Event(json: event.canonicalJSON) else { preconditionFailure("a canonical form is none") }
        precondition(parsed == event)
    }
}

private func checkBlocks(_ bytes: [UInt8]) {
    guard let body = BlocksBody(bytes) else { return }
    _ = body.covers
    let (volume, folder) = (FaultyVolume(), "disk/store")
    do {
        try volume.createFolder("disk")
        let replica = try Replica.create(
            in: folder, on: volume, device: DeviceID(high: 1, low: 1), name: "fuzz", storeID: StoreID(high: 1, low: 1))
        let intake = BlockIntake(replica)
        for number in 0..<body.blockCount {
            let taken = try body.withBlock(number) { (block) throws(ReplicaError) in try intake.take(block) }
            guard let taken else { break }
            precondition(taken.block.ranges == body.authors(number))
        }
        try intake.append()
        try replica.sync()
        let (end, digest) = (replica.end, try replica.stateDigest())
        let events = try replica.allEvents()
        precondition(UInt64(events.count) == end.index)
        try replica.close()
        let again = try Replica.open(in: folder, on: volume, access: .reading)
        precondition(again.end == end)
        let digestAgain = try again.stateDigest()
        precondition(digestAgain == digest)
    } catch { preconditionFailure("what was taken in cannot be read: \(error)") }
}
