/// Reads a block of rows. Layout: EventFormat.md, "Rows".
struct RowBlockReader {
    private let header: BlockHeader
    private var cursor: ByteCursor
    private let names: BlockNames
    /// By device of the block: the seq of its event that was read last, its base before.
    private var running: [UInt64]
    private var milliseconds: UInt64 = 0
    private var read: UInt32 = 0

    /// Opens a block whose checksum `header` has checked.
    init(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        self.header = header
        cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        names = try BlockNames(&cursor)
        running = names.bases
    }

    /// The next event; nil behind the last.
    mutating func next() throws(BlockError) -> BlockReader.Row? {
        guard read < header.count else {
            guard cursor.isAtEnd else { throw .malformed(offset: cursor.offset) }
            return nil
        }
        let start = cursor.offset
        let (end, flags, author, seq) = try rowStart()
        let tick = flags & BlockBuilder.RowFlags.tick != 0 ? try cursor.varint() : 0
        let context = try contextForm(flags >> BlockBuilder.RowFlags.formShift & BlockBuilder.RowFlags.formMask)
        running[author] = seq
        let collection = try cursor.varint()
        guard collection < UInt64(names.collections.count) else { throw .malformed(offset: cursor.offset) }
        let record = try cursor.name()
        let extras = flags & BlockBuilder.RowFlags.extras != 0 ? try cursor.byte() : 0
        guard extras <= BlockBuilder.ExtraFlags.all else { throw .malformed(offset: cursor.offset) }
        let note = extras & BlockBuilder.ExtraFlags.note != 0 ? try self.note() : nil
        let epoch = extras & BlockBuilder.ExtraFlags.epoch != 0 ? try cursor.varint() : 0
        let undoes =
            extras & BlockBuilder.ExtraFlags.undoes != 0 ? Dot(device: names.devices[try deviceIndex()], seq: try cursor.varint()) : nil
        let body = flags & BlockBuilder.RowFlags.delete != 0 ? EventBody.delete : try self.body()
        guard cursor.offset == end else { throw .malformed(offset: cursor.offset) }
        guard let kind = EventKind(rawValue: flags & BlockBuilder.RowFlags.kindMask), let tick = UInt16(exactly: tick) else {
            throw .malformed(offset: start)
        }
        do {
            return BlockReader.Row(
                dot: Dot(device: names.devices[author], seq: seq),
                key: RecordKey(collection: names.collections[Int(collection)], record: record), context: context,
                time: try HybridTime(milliseconds: milliseconds, tick: tick), body: body, kind: kind, undoes: undoes, epoch: epoch,
                note: note,
                isCritical: extras & BlockBuilder.ExtraFlags.critical != 0)
        } catch { throw .malformed(offset: start) }
    }

    /// Steps over an event; nil behind the last.
    mutating func skip() throws(BlockError) -> BlockReader.Stamp? {
        guard read < header.count else { return nil }
        let (end, flags, author, seq) = try rowStart()
        let tick = flags & BlockBuilder.RowFlags.tick != 0 ? try cursor.varint() : 0
        guard cursor.offset <= end else { throw .malformed(offset: cursor.offset) }
        running[author] = seq
        let stamp = try BlockReader.Stamp(Dot(device: names.devices[author], seq: seq), milliseconds, tick: tick, offset: cursor.offset)
        _ = try cursor.take(end - cursor.offset)
        return stamp
    }

    /// What rows behind this one build on: whose event it is, its seq and its time.
    private mutating func rowStart() throws(BlockError) -> (end: Int, flags: UInt8, author: Int, seq: UInt64) {
        let byteCount = try cursor.count()
        let end = cursor.offset + byteCount
        read += 1
        let flags = try cursor.byte()
        let author = try deviceIndex()
        let isExplicit = flags & BlockBuilder.RowFlags.explicitSeq != 0
        let seq = isExplicit ? try cursor.varint() : running[author] &+ 1
        milliseconds = try cursor.delta(from: milliseconds)
        guard cursor.offset <= end else { throw .malformed(offset: cursor.offset) }
        return (end, flags, author, seq)
    }

    private mutating func deviceIndex() throws(BlockError) -> Int {
        let start = cursor.offset
        let index = try cursor.varint()
        guard index < UInt64(names.devices.count) else { throw .malformed(offset: start) }
        return Int(index)
    }

    private mutating func contextForm(_ form: UInt8) throws(BlockError) -> ContextForm {
        let start = cursor.offset
        switch form {
        case BlockBuilder.RowFlags.emptyForm: return .whole(VersionVector())
        case BlockBuilder.RowFlags.oneHeadForm: return .heads([try contextDot()])
        case BlockBuilder.RowFlags.headsForm: return .heads(try contextDots())
        default:
            let dots = try contextDots()
            let vector = VersionVector(dots)
            guard vector.entries.count == dots.count else { throw .malformed(offset: start) }
            return .whole(vector)
        }
    }

    private mutating func contextDots() throws(BlockError) -> [Dot] {
        let start = cursor.offset
        let count = try cursor.count(unitBytes: 2)
        guard count > 0 else { throw .malformed(offset: start) }
        var dots: [Dot] = []
        for _ in 0..<count { dots.append(try contextDot()) }
        return dots
    }

    private mutating func contextDot() throws(BlockError) -> Dot {
        let start = cursor.offset
        let index = try deviceIndex()
        let seq = try cursor.delta(from: running[index])
        guard seq >= 1 && seq <= Limits.seq else { throw .malformed(offset: start) }
        return Dot(device: names.devices[index], seq: seq)
    }

    private mutating func note() throws(BlockError) -> Note {
        let start = cursor.offset
        let length = try cursor.count()
        do { return try Note(utf8: try cursor.take(length)) } catch { throw .malformed(offset: start) }
    }

    private mutating func body() throws(BlockError) -> EventBody {
        let start = cursor.offset
        var set: [FieldWrite] = []
        var unset: [Name] = []
        for _ in 0..<(try cursor.count(unitBytes: 2)) {
            let index = try cursor.varint()
            guard index < UInt64(names.fields.count) else { throw .malformed(offset: start) }
            if let value = try ValueCode.read(&cursor) {
                set.append(FieldWrite(field: names.fields[Int(index)], value: value))
            } else {
                unset.append(names.fields[Int(index)])
            }
        }
        do { return try EventBody.writing(set: set, unset: unset) } catch { throw .malformed(offset: start) }
    }
}
