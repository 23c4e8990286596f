/// Packs events into one self-contained block; the inverse of `BlockReader`.
///
/// Layout: EventFormat.md, "Block" and "Row".
package struct BlockBuilder {
    /// What an event row's first byte says.
    enum RowFlags {
        static let kindMask: UInt8 = 3
        static let delete: UInt8 = 1 << 2
        static let extras: UInt8 = 1 << 3
        static let formShift: UInt8 = 4
        static let formMask: UInt8 = 3
        static let explicitSeq: UInt8 = 1 << 6
        static let tick: UInt8 = 1 << 7

        static let emptyForm: UInt8 = 0
        static let oneHeadForm: UInt8 = 1
        static let headsForm: UInt8 = 2
        static let wholeForm: UInt8 = 3
    }

    /// What the byte before a row's extras says.
    enum ExtraFlags {
        static let note: UInt8 = 1
        static let epoch: UInt8 = 2
        static let undoes: UInt8 = 4
        static let critical: UInt8 = 8
        static let all: UInt8 = 15
    }

    private let kind: BlockHeader.Kind
    private var devices = BlockDevices()
    private var collections = NameTable()
    private var fields = NameTable()
    private var rows: [UInt8] = []
    private var row: [UInt8] = []
    private var lastMilliseconds: UInt64 = 0
    private var deviceBytes: Int { devices.count * 20 }

    /// How many events have been added.
    package private(set) var count = 0

    package init(kind: BlockHeader.Kind = .events) { self.kind = kind }

    /// Whether the block has reached its size and `finish()` is due.
    package var isFull: Bool { rows.count + deviceBytes + collections.byteCount + fields.byteCount >= BlockHeader.payloadGoalBytes }

    /// The devices whose events the block holds, each with its first and last seq; rows of waiting events may leave gaps.
    package var authors: [DeviceRange] { devices.authors }

    /// Adds an event whose context is written as `form` says.
    package mutating func append(_ event: Event, context form: ContextForm) {
        row.removeAll(keepingCapacity: true)
        let author = devices.index(adding: event.dot.device, base: event.dot.seq - 1)
        let isExplicit = devices.running(author) + 1 != event.dot.seq || kind == .waiting
        let extras = extraFlags(event)
        var flags = event.kind.rawValue
        if case .delete = event.body { flags |= RowFlags.delete }
        if extras != 0 { flags |= RowFlags.extras }
        if isExplicit { flags |= RowFlags.explicitSeq }
        if event.time.tick != 0 { flags |= RowFlags.tick }
        flags |= formCode(form) << RowFlags.formShift
        row.append(flags)
        row.appendVarint(author)
        if isExplicit { row.appendVarint(event.dot.seq) }
        row.appendDelta(from: lastMilliseconds, to: event.time.milliseconds)
        lastMilliseconds = event.time.milliseconds
        if event.time.tick != 0 { row.appendVarint(UInt64(event.time.tick)) }
        appendContext(form)
        devices.advance(author, to: event.dot.seq)
        row.appendVarint(UInt64(collections.index(adding: event.key.collection)))
        row.append(UInt8(event.key.record.utf8.count))
        row.append(contentsOf: event.key.record.utf8)
        if extras != 0 { appendExtras(event, flags: extras) }
        appendBody(event.body)
        rows.appendVarint(row.count)
        rows.append(contentsOf: row)
        count += 1
    }

    /// The finished block, header and checksum included. At least one event must have been added.
    package func finish() -> [UInt8] {
        var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes)
        block.reserveCapacity(BlockHeader.sizeBytes + deviceBytes + collections.byteCount + fields.byteCount + rows.count + 16)
        devices.append(to: &block)
        collections.append(to: &block)
        fields.append(to: &block)
        block.append(contentsOf: rows)
        BlockHeader.seal(&block, kind: kind, encoding: .rows, count: UInt32(count))
        return block
    }

    private func formCode(_ form: ContextForm) -> UInt8 {
        switch form {
        case .whole(let context): context.isEmpty ? RowFlags.emptyForm : RowFlags.wholeForm
        case .heads(let heads): heads.isEmpty ? RowFlags.emptyForm : heads.count == 1 ? RowFlags.oneHeadForm : RowFlags.headsForm
        }
    }

    private mutating func appendContext(_ form: ContextForm) {
        let dots: [Dot]
        switch form {
        case .whole(let context):
            dots = context.entries
            if !dots.isEmpty { row.appendVarint(dots.count) }
        case .heads(let heads):
            dots = heads
            if heads.count > 1 { row.appendVarint(heads.count) }
        }
        for dot in dots {
            let index = devices.index(adding: dot.device, base: dot.seq)
            row.appendVarint(index)
            row.appendDelta(from: devices.running(index), to: dot.seq)
        }
    }

    private func extraFlags(_ event: Event) -> UInt8 {
        (event.note != nil ? ExtraFlags.note : 0) | (event.epoch != 0 ? ExtraFlags.epoch : 0)
            | (event.undoes != nil ? ExtraFlags.undoes : 0) | (event.isCritical ? ExtraFlags.critical : 0)
    }

    private mutating func appendExtras(_ event: Event, flags: UInt8) {
        row.append(flags)
        if let note = event.note {
            row.appendVarint(note.utf8.count)
            row.append(contentsOf: note.utf8)
        }
        if event.epoch != 0 { row.appendVarint(event.epoch) }
        if let undoes = event.undoes {
            let index = devices.index(adding: undoes.device, base: undoes.seq)
            row.appendVarint(index)
            row.appendVarint(undoes.seq)
        }
    }

    private mutating func appendBody(_ body: EventBody) {
        guard case .write(let set, let unset) = body else { return }
        row.appendVarint(set.count + unset.count)
        for write in set {
            row.appendVarint(UInt64(fields.index(adding: write.field)))
            ValueCode.append(write.value, to: &row)
        }
        for field in unset {
            row.appendVarint(UInt64(fields.index(adding: field)))
            ValueCode.append(nil, to: &row)
        }
    }
}
