internal import EventCore

/// Reads arbitrary bytes as the payload of a block whose checksum is right, as a lying peer would send it: the reader and the fold each refuse or accept, what the
/// reader accepts comes back from a block made of it, and nothing traps.
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
