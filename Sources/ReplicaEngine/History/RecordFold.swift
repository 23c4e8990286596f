package import EventCore
internal import LogStore

/// The fold of some of a store's events, by the same table that folds the store.
package struct RecordFold: ~Copyable {
    private var table = RecordTable(.scratch)

    package init() {}

    /// Folds events in causal order.
    ///
    /// - Throws: `BlockError` never on events that a store has admitted.
    package mutating func add(_ events: some Sequence<Event>) throws(BlockError) {
        var packer = BlockPacker(kind: .events)
        for event in events { packer.append(event, context: .whole(event.context)) }
        for block in packer.finish() {
            let padded = block.bytes + [UInt8](repeating: 0, count: RecordTable.slackBytes)
            let result = padded.withUnsafeBytes { bytes -> Result<Void, BlockError> in
                do throws(BlockError) { return .success(try table.fold(try BlockHeader(checking: bytes), bytes)) } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
    }

    /// The record's clock; the empty one when no event was its.
    package func clock(of key: RecordKey) -> VersionVector { place(of: key).map { table.clock(at: $0) } ?? VersionVector() }

    /// Whether the record may be in conflict: whether it has more than one head, entry a field, or a tombstone.
    package func hasSiblings(_ key: RecordKey) -> Bool { place(of: key).map { table.hasSiblings(at: $0) } ?? false }

    /// The record as the events left it; nil when none was its.
    package func record(_ key: RecordKey) throws(BlockError) -> Record? {
        guard let place = place(of: key) else { return nil }
        return try table.record(at: place)
    }

    private func place(of key: RecordKey) -> RecordTable.Place? {
        do throws(CheckpointDamage) { return try table.place(of: key) } catch { preconditionFailure("this table has no checkpoint") }
    }
}
