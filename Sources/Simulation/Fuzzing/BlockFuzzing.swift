internal import EventCore

/// Reads arbitrary bytes as the payload of a block whose checksum is right, as a lying peer would send it: the reader and the fold each refuse or accept, what the
/// reader accepts comes back from a block made of it, what may be taken in as it lies is what reader and fold accept, and nothing traps.
///
/// The first byte says how many events the header claims, 1 to 128, and in its upper bit which encoding: rows or packed.
package func fuzzBlockPayload(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 2, bytes.count < BlockHeader.payloadLimitBytes else { return }
    var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes) + bytes.dropFirst()
    BlockHeader.seal(&block, kind: .events, encoding: bytes[0] < 128 ? .rows : .packed, count: UInt32(bytes[0] & 127) + 1)
    let padded = block + [UInt8](repeating: 0, count: RecordTable.slackBytes)
    padded.withUnsafeBytes { padded in
        guard let header = try? BlockHeader(checking: padded) else { preconditionFailure("the header was just made") }
        if let events = try? events(header, padded) { checkRoundTrip(events) }
        checkForeign(header, padded)
        var table = RecordTable(.scratch)
        guard (try? table.fold(header, padded)) != nil else { return }
        precondition(table.eventCount == header.count)
        table.forEachPlace { place in
            _ = try? table.record(at: place)
            _ = try? table.history(at: place)
            return true
        }
    }
}

/// What a store would take in as it lies reads and folds, and its canonical forms are those of its events.
private func checkForeign(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) {
    var foreign = ForeignBlocks()
    var table = RecordTable()
    var texts: [[UInt8]] = []
    guard foreign.check(header, block, for: &table, { event, _ in texts.append(Array(event.text)) }) else { return }
    guard let rows = try? events(header, block), rows.count == texts.count, (try? table.fold(header, block)) != nil else {
        preconditionFailure("a block is taken in that nobody can read")
    }
    for (row, text) in zip(rows, texts) {
        guard let event = try? Event(json: text), event.canonicalJSON == text, let read = try? row.event(context: event.context) else {
            preconditionFailure("a canonical form is none")
        }
        precondition(read == event)
    }
}

private func events(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [BlockReader.Row] {
    var reader = try BlockReader(header, block)
    var rows: [BlockReader.Row] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
}

/// What the reader understood, written anew in either encoding, is understood as the same.
private func checkRoundTrip(_ rows: [BlockReader.Row]) {
    var (builder, packed) = (BlockBuilder(), PackedBlockBuilder())
    var kept: [BlockReader.Row] = []
    for row in rows {
        let context: VersionVector = if case .whole(let whole) = row.context { whole } else { VersionVector() }
        guard let event = try? row.event(context: context) else { continue }
        builder.append(event, context: row.context)
        packed.append(row)
        kept.append(row)
    }
    guard !kept.isEmpty else { return }
    check(builder.finish(), kept)
    check(packed.finish(), kept)
}

private func check(_ block: [UInt8], _ rows: [BlockReader.Row]) {
    guard block.count <= BlockHeader.payloadLimitBytes else { return }
    let padded = block + [UInt8](repeating: 0, count: RecordTable.slackBytes)
    padded.withUnsafeBytes { bytes in
        guard let header = try? BlockHeader(checking: bytes), let again = try? events(header, bytes) else {
            preconditionFailure("a block that this program made is refused")
        }
        precondition(again == rows)
    }
}
