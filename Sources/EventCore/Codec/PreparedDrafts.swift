/// Drafts written down as far as it goes without the store: the rest of each row, behind its head and its context.
///
/// Made outside any lock; `CommitEncoder` gives the rows their heads. A rest is what a row has from the record's id on (EventFormat.md, "Row"), with
/// numbers of its own for collections and fields.
package struct PreparedDrafts: Sendable {
    /// What is known of a row, and where its rest lies in `bytes`.
    struct Row: BitwiseCopyable, Sendable {
        /// The length of the record's id, with the id behind it.
        var start: Int
        /// The count of writes; the end when it is a delete.
        var body: Int
        var end: Int
        var collection: UInt32
        /// Kind, delete and extras, as `BlockBuilder.RowFlags` has them.
        var flags: UInt8
    }

    /// As they were given.
    package let drafts: [Draft]
    /// Whether the rows say all: each event's context will be its record's clock and its size is far from the limit. Where not, there are no rows.
    package let isOrdinary: Bool
    let rows: [Row]
    /// The rows' rests, and `slackBytes` more.
    let bytes: [UInt8]
    let collections: NameTable
    let fields: NameTable

    /// How many drafts there are.
    package var count: Int { drafts.count }

    /// Of the limit for an event's canonical form what drafts may take to be ordinary; the context may take the other half.
    static let ordinaryBytes = Limits.eventBytes / 2

    /// - Throws: the rule of `EventError` that a draft breaks by itself.
    package init(_ drafts: [Draft]) throws(EventError) {
        self.drafts = drafts
        var (capacity, isOrdinary) = (UnsafeMutableRawPointer.slackBytes, true)
        // Drafts are looked at where they are: a copy of one counts references to all that it holds.
        try drafts.withUnsafeBufferPointer { (drafts) throws(EventError) in
            guard let first = drafts.baseAddress else { return }
            for index in drafts.indices {
                let draft = first + index
                guard draft.pointee.epoch <= Limits.seq else { throw .epochOutOfRange }
                let isUndo = draft.pointee.undoes != nil
                guard !isUndo || draft.pointee.kind == .undo else { throw .undoesWithoutUndo }
                let bounds = Self.byteBounds(draft)
                // An undo shares its context with others of the same undo.
                if isUndo || bounds.canonical > Self.ordinaryBytes { isOrdinary = false }
                capacity += bounds.rest
            }
        }
        self.isOrdinary = isOrdinary
        var (rows, collections, fields): ([Row], NameTable, NameTable) = ([], NameTable(), NameTable())
        if isOrdinary {
            rows.reserveCapacity(drafts.count)
            bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                guard let start = buffer.baseAddress else { return }
                let base = UnsafeMutableRawPointer(start)
                var at = base
                drafts.withUnsafeBufferPointer { drafts in
                    guard let first = drafts.baseAddress else { return }
                    for index in drafts.indices { rows.append(Self.writeRest(first + index, to: &at, from: base, &collections, &fields)) }
                }
                at.initializeMemory(as: UInt8.self, repeating: 0, count: UnsafeMutableRawPointer.slackBytes)
                count = at - base + UnsafeMutableRawPointer.slackBytes
            }
        } else {
            bytes = []
        }
        (self.rows, self.collections, self.fields) = (rows, collections, fields)
    }

    /// The most bytes that the event's canonical form takes but for its context, and that `writeRest` writes.
    ///
    /// Canonical: names and note with every byte escaped, values as they are, and 512 bytes for the members' keys, the device and the numbers.
    private static func byteBounds(_ draft: UnsafePointer<Draft>) -> (canonical: Int, rest: Int) {
        let texts = draft.pointee.key.record.utf8.count + (draft.pointee.note?.utf8.count ?? 0)
        var (fieldBytes, valueBytes, count) = (0, 0, 0)
        if case .write(let set, let unset) = draft.pointee.body {
            count = set.count + unset.count
            set.withUnsafeBufferPointer { set in
                for index in set.indices {
                    fieldBytes += set[index].field.utf8.count
                    valueBytes += set[index].value.canonical.count
                }
            }
            for field in unset { fieldBytes += field.utf8.count }
        }
        return (
            canonical: 512 + 6 * (draft.pointee.key.collection.utf8.count + texts + fieldBytes) + valueBytes + 4 * count,
            rest: 32 + texts + valueBytes + (5 + ValueCode.bound(0)) * count
        )
    }

    private static func writeRest(
        _ draft: UnsafePointer<Draft>, to at: inout UnsafeMutableRawPointer, from base: UnsafeMutableRawPointer,
        _ collections: inout NameTable, _ fields: inout NameTable
    ) -> Row {
        var flags = draft.pointee.kind.rawValue
        let start = at - base
        draft.pointee.key.record.utf8.withUnsafeBytes { record in
            at.put(UInt8(truncatingIfNeeded: record.count))
            at.put(record)
        }
        if draft.pointee.note != nil || draft.pointee.epoch != 0 || draft.pointee.isCritical {
            flags |= BlockBuilder.RowFlags.extras
            writeExtras(draft.pointee, to: &at)
        }
        let body = at - base
        switch draft.pointee.body {
        case .delete: flags |= BlockBuilder.RowFlags.delete
        case .write(let set, let unset):
            at.put(varint: UInt64(set.count + unset.count))
            set.withUnsafeBufferPointer { set in
                for index in set.indices {
                    at.put(varint: UInt64(fields.index(adding: set[index].field)))
                    set[index].value.canonical.withUnsafeBytes { ValueCode.write($0, to: &at) }
                }
            }
            for field in unset {
                at.put(varint: UInt64(fields.index(adding: field)))
                at.put(ValueCode.removedTag)
            }
        }
        let collection = collections.index(adding: draft.pointee.key.collection)
        return Row(start: start, body: body, end: at - base, collection: collection, flags: flags)
    }

    @inline(never)
    private static func writeExtras(_ draft: Draft, to at: inout UnsafeMutableRawPointer) {
        at.put(
            (draft.note != nil ? BlockBuilder.ExtraFlags.note : 0) | (draft.epoch != 0 ? BlockBuilder.ExtraFlags.epoch : 0)
                | (draft.isCritical ? BlockBuilder.ExtraFlags.critical : 0))
        if let note = draft.note {
            at.put(varint: UInt64(note.utf8.count))
            note.utf8.withUnsafeBytes { at.put($0) }
        }
        if draft.epoch != 0 { at.put(varint: draft.epoch) }
    }
}
