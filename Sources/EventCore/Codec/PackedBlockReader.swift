/// Reads a packed block. Layout: EventFormat.md, "Packed block".
struct PackedBlockReader {
    private let count: Int
    private let directory: PackedDirectory
    private let sections = PackedSections()
    private let names: BlockNames
    /// The seq of each device's event that was read last, its base before.
    private var running: [UInt64] = []
    private var keys: SectionItems
    private let shapes: PackedShapes
    private var distinctValues: SectionItems
    private var notes: SectionItems
    private var heads = ByteCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    private var contexts = ByteCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    private var seqs = ByteCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    private var times = ByteCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    private var extras = ByteCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    /// Of values in line.
    private var values = ByteCursor(UnsafeRawBufferPointer(start: nil, count: 0))
    /// Of distinct values.
    private var valueIndex = 0
    private var milliseconds: UInt64 = 0
    /// Of the event that was stepped over last.
    private var tick: UInt64 = 0
    /// Of the events that were read; of all of them unless some were stepped over.
    private var latestTime: UInt64 = 0
    private var hasSkipped = false
    private var read = 0

    init(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        count = Int(header.count)
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        names = try BlockNames(&cursor)
        directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: names.devices.count)
        try sections.expand(directory, block)
        keys = SectionItems(sections[.keys], directory.keyCount)
        shapes = try PackedShapes(in: sections[.shapes], directory, names)
        distinctValues = SectionItems(sections[.values], directory.valueCount)
        notes = SectionItems(sections[.notes], directory.noteCount)
        rewind()
    }

    /// Goes back to the first event.
    private mutating func rewind() {
        (read, valueIndex, milliseconds, latestTime, hasSkipped) = (0, 0, 0, 0, false)
        running = names.bases
        heads = ByteCursor(sections[.heads])
        contexts = ByteCursor(sections[.contexts])
        seqs = ByteCursor(sections[.seqs])
        times = ByteCursor(sections[.times])
        extras = ByteCursor(sections[.extras])
        values = ByteCursor(sections[.values])
    }

    static func skipKey(_ cursor: inout ByteCursor) throws(BlockError) {
        _ = try cursor.varint()
        let idBytes = try cursor.varint()
        _ = try cursor.take(Int(truncatingIfNeeded: min(idBytes >> (idBytes & 1 == 1 ? 2 : 1), UInt64(Limits.nameBytes))))
    }

    private static func skipNote(_ cursor: inout ByteCursor) throws(BlockError) { _ = try cursor.take(try cursor.count()) }

    /// The next event; nil behind the last.
    mutating func next() throws(BlockError) -> BlockReader.Row? {
        guard read < count else {
            try checkEnd()
            return nil
        }
        let flags = sections[.flags][read]
        guard flags & PackedFlags.reserved == 0, let kind = EventKind(rawValue: flags & PackedFlags.kindMask) else { throw malformed }
        let author = try index(.authors, below: names.devices.count)
        let key = try index(.keyIndexes, below: directory.keyCount)
        let shape = try index(.shapeIndexes, below: directory.shapeCount)
        let dot = try self.dot(author, flags)
        let context = try contextForm(flags >> PackedFlags.formShift & PackedFlags.formMask, key)
        let recordKey = try self.key(key)
        let body = try self.body(shapes[shape], of: recordKey.collection)
        milliseconds = try times.delta(from: milliseconds)
        let extra = flags & PackedFlags.extras != 0 ? try extras.byte() : 0
        guard extra <= PackedExtraFlags.all, flags & PackedFlags.extras == 0 || extra != 0 else { throw malformed }
        let note = extra & BlockBuilder.ExtraFlags.note != 0 ? try self.note() : nil
        let epoch = extra & BlockBuilder.ExtraFlags.epoch != 0 ? try extras.varint() : 0
        let undoes = extra & BlockBuilder.ExtraFlags.undoes != 0 ? Dot(device: try device(&extras), seq: try extras.varint()) : nil
        let tick = extra & PackedExtraFlags.tick != 0 ? try extras.varint() : 0
        guard let tick = UInt16(exactly: tick) else { throw malformed }
        running[author] = dot.seq
        do {
            let time = try HybridTime(milliseconds: milliseconds, tick: tick)
            latestTime = max(latestTime, time.packed)
            let row = BlockReader.Row(
                dot: dot, key: recordKey, context: context, time: time, body: body, kind: kind, undoes: undoes, epoch: epoch,
                note: note, isCritical: extra & BlockBuilder.ExtraFlags.critical != 0)
            read += 1
            return row
        } catch { throw malformed }
    }

    /// The number of the event `dot` in the block; nil when it is none of the block's. Only the columns that name events are looked at.
    func number(of dot: Dot) throws(BlockError) -> Int? {
        guard let author = names.devices.firstIndex(of: dot.device) else { return nil }
        let (flags, authors) = (sections[.flags], IndexColumn(sections[.authors], below: names.devices.count))
        var (seq, seqs) = (names.bases[author], ByteCursor(sections[.seqs]))
        for row in 0..<count {
            let explicit = flags[row] & PackedFlags.explicitSeq != 0 ? try seqs.varint() : nil
            guard authors[row] == author else { continue }
            seq = explicit ?? seq &+ 1
            if seq == dot.seq { return row }
        }
        return nil
    }

    /// Steps over an event; nil behind the last.
    mutating func skip() throws(BlockError) -> BlockReader.Stamp? {
        guard read < count else { return nil }
        return try stamp()
    }

    /// Steps over an event, which there must be.
    private mutating func stamp() throws(BlockError) -> BlockReader.Stamp {
        let author = try index(.authors, below: names.devices.count)
        tick = 0
        try skip(1)
        return try BlockReader.Stamp(
            Dot(device: names.devices[author], seq: running[author]), milliseconds, tick: tick, offset: directory[.times].offset)
    }

    /// Steps over `step` events, of which there must be so many: columns are looked at by themselves, a value only for its length.
    mutating func skip(_ step: Int) throws(BlockError) {
        guard step <= count - read else { throw malformed }
        hasSkipped = hasSkipped || step > 0
        let (deviceCount, shapeCount) = (names.devices.count, directory.shapeCount)
        let flags = sections[.flags]
        let authors = IndexColumn(sections[.authors], below: deviceCount)
        let shapeIndexes = IndexColumn(sections[.shapeIndexes], below: shapeCount)
        var (headCount, writeCount) = (0, 0)
        for row in read..<(read + step) {
            let (flag, author, shape) = (flags[row], authors[row], shapeIndexes[row])
            guard author < deviceCount && shape < shapeCount else { throw malformed }
            let form = flag >> PackedFlags.formShift & PackedFlags.formMask
            headCount += form == BlockBuilder.RowFlags.oneHeadForm ? 1 : 0
            if form == BlockBuilder.RowFlags.headsForm || form == BlockBuilder.RowFlags.wholeForm { _ = try contextDots() }
            running[author] = flag & PackedFlags.explicitSeq != 0 ? try seqs.varint() : running[author] &+ 1
            if flag & PackedFlags.extras != 0 { tick = try Self.skipExtras(&extras) }
            writeCount += shapes.writeCount(of: shape)
        }
        _ = try heads.take(headCount * (PackedDirectory.indexBytes(deviceCount) + directory.headBytes))
        for _ in 0..<step { milliseconds = try times.delta(from: milliseconds) }
        if directory.valueCount > 0 {
            valueIndex += writeCount
        } else {
            try ValueCode.skip(writeCount, &values)
        }
        read += step
    }

    private var malformed: BlockError { .malformed(offset: directory[.flags].offset) }

    private mutating func checkEnd() throws(BlockError) {
        try keys.checkEnd(Self.skipKey)
        try distinctValues.checkEnd(ValueCode.skip)
        try notes.checkEnd(Self.skipNote)
        let isAtEnd = [heads, contexts, seqs, times, extras].allSatisfy(\.isAtEnd)
        let areValuesAtEnd =
            directory.valueCount == 0
            ? values.isAtEnd && sections[.valueIndexes].isEmpty
            : valueIndex * PackedDirectory.indexBytes(directory.valueCount) == sections[.valueIndexes].count
        guard isAtEnd && areValuesAtEnd && (hasSkipped || latestTime == directory.latestTime) else { throw malformed }
    }

    // MARK: - Columns

    /// This event's number in a column, which the directory has found long enough.
    private func index(_ section: PackedSection, below limit: Int) throws(BlockError) -> Int {
        let number = IndexColumn(sections[section], below: limit)[read]
        guard number < limit else { throw malformed }
        return number
    }

    private mutating func dot(_ author: Int, _ flags: UInt8) throws(BlockError) -> Dot {
        let isExplicit = flags & PackedFlags.explicitSeq != 0
        let seq = isExplicit ? try seqs.varint() : running[author] &+ 1
        return Dot(device: names.devices[author], seq: seq)
    }

    // MARK: - Contexts

    private mutating func contextForm(_ form: UInt8, _ key: Int) throws(BlockError) -> ContextForm {
        switch form {
        case BlockBuilder.RowFlags.emptyForm: return .whole(VersionVector())
        case BlockBuilder.RowFlags.oneHeadForm: return .heads([try head()])
        case BlockBuilder.RowFlags.headsForm: return .heads(try contextDots())
        case BlockBuilder.RowFlags.wholeForm:
            let dots = try contextDots()
            let vector = VersionVector(dots)
            guard vector.entries.count == dots.count else { throw malformed }
            return .whole(vector)
        case PackedFlags.previousForm:
            return .heads([try previousDot(of: key)])
        default: throw malformed
        }
    }

    /// The event of the record that came before this one in the block.
    private func previousDot(of key: Int) throws(BlockError) -> Dot {
        let keyIndexes = IndexColumn(sections[.keyIndexes], below: directory.keyCount)
        var row = read - 1
        while row >= 0 && keyIndexes[row] != key { row -= 1 }
        guard row >= 0 else { throw malformed }
        let authors = IndexColumn(sections[.authors], below: names.devices.count)
        // It was looked at when that event was read or stepped over.
        let author = authors[row]
        // From the device's newest event back to that one; where seqs have gaps between, from the block's beginning.
        var seq = running[author]
        for later in (row + 1)..<max(read, row + 1) where authors[later] == author {
            guard sections[.flags][later] & PackedFlags.explicitSeq == 0 else { return try dot(at: row) }
            seq &-= 1
        }
        return Dot(device: names.devices[author], seq: seq)
    }

    private func dot(at row: Int) throws(BlockError) -> Dot {
        var reader = self
        reader.rewind()
        try reader.skip(row)
        return try reader.stamp().dot
    }

    private mutating func head() throws(BlockError) -> Dot {
        let index = try littleEndian(PackedDirectory.indexBytes(names.devices.count))
        guard index < UInt64(names.devices.count) else { throw malformed }
        let seq = running[Int(index)].advanced(zigzag: try littleEndian(directory.headBytes))
        guard seq >= 1 && seq <= Limits.seq else { throw malformed }
        return Dot(device: names.devices[Int(index)], seq: seq)
    }

    private mutating func littleEndian(_ byteCount: Int) throws(BlockError) -> UInt64 {
        try heads.take(byteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func contextDots() throws(BlockError) -> [Dot] {
        var dots: [Dot] = []
        let count = try contexts.count(unitBytes: 2)
        guard count > 0 else { throw malformed }
        for _ in 0..<count {
            let index = try contexts.varint()
            guard index < UInt64(names.devices.count) else { throw malformed }
            let seq = try contexts.delta(from: running[Int(index)])
            guard seq >= 1 && seq <= Limits.seq else { throw malformed }
            dots.append(Dot(device: names.devices[Int(index)], seq: seq))
        }
        return dots
    }

    // MARK: - Keys, bodies, extras

    private mutating func key(_ index: Int) throws(BlockError) -> RecordKey {
        var cursor = try keys.cursor(at: index, Self.skipKey)
        let collection = try cursor.varint()
        let idBytes = try cursor.varint()
        guard collection < UInt64(names.collections.count), idBytes >> 1 <= UInt64(Limits.nameBytes) else { throw malformed }
        let isHexadecimal = idBytes & 1 == 1
        guard !isHexadecimal || idBytes & 2 == 0 else { throw malformed }
        let stored = try cursor.take(Int(idBytes >> (isHexadecimal ? 2 : 1)))
        let id = isHexadecimal ? stored.flatMap { [RecordIDCode.digits[Int($0 >> 4)], RecordIDCode.digits[Int($0 & 15)]] } : Array(stored)
        do { return RecordKey(collection: names.collections[Int(collection)], record: try Name(utf8: id)) } catch { throw malformed }
    }

    private mutating func body(_ shape: PackedShape, of collection: Name) throws(BlockError) -> EventBody {
        guard names.collections[shape.collection] == collection else { throw malformed }
        guard !shape.fields.isEmpty else { return .delete }
        var set: [FieldWrite] = []
        var unset: [Name] = []
        for field in shape.fields {
            if let value = try nextValue() {
                set.append(FieldWrite(field: names.fields[field], value: value))
            } else {
                unset.append(names.fields[field])
            }
        }
        do { return try EventBody.writing(set: set, unset: unset) } catch { throw malformed }
    }

    private mutating func nextValue() throws(BlockError) -> FieldValue? {
        guard directory.valueCount > 0 else { return try ValueCode.read(&values) }
        let indexes = IndexColumn(sections[.valueIndexes], below: directory.valueCount)
        guard (valueIndex + 1) * indexes.byteCount <= sections[.valueIndexes].count else { throw malformed }
        let index = indexes[valueIndex]
        guard index < directory.valueCount else { throw malformed }
        valueIndex += 1
        var cursor = try distinctValues.cursor(at: index, ValueCode.skip)
        return try ValueCode.read(&cursor)
    }

    private mutating func note() throws(BlockError) -> Note {
        let index = try extras.varint()
        guard index < UInt64(directory.noteCount) else { throw malformed }
        var cursor = try notes.cursor(at: Int(index), Self.skipNote)
        let length = try cursor.count()
        do { return try Note(utf8: try cursor.take(length)) } catch { throw malformed }
    }

    private func device(_ cursor: inout ByteCursor) throws(BlockError) -> DeviceID {
        let index = try cursor.varint()
        guard index < UInt64(names.devices.count) else { throw malformed }
        return names.devices[Int(index)]
    }

    /// Steps over an event's extras; returns its tick.
    static func skipExtras(_ extras: inout ByteCursor) throws(BlockError) -> UInt64 {
        let extra = try extras.byte()
        if extra & BlockBuilder.ExtraFlags.note != 0 { _ = try extras.varint() }
        if extra & BlockBuilder.ExtraFlags.epoch != 0 { _ = try extras.varint() }
        if extra & BlockBuilder.ExtraFlags.undoes != 0 {
            _ = try extras.varint()
            _ = try extras.varint()
        }
        return extra & PackedExtraFlags.tick != 0 ? try extras.varint() : 0
    }
}
