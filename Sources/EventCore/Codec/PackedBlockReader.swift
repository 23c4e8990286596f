/// Reads a packed block. Layout: EventFormat.md, "Packed block".
struct PackedBlockReader {
    private struct Device {
        let id: DeviceID
        var running: UInt64
    }

    private let count: Int
    private let directory: PackedDirectory
    private let sections = PackedSections()
    private var devices: [Device] = []
    private var collections: [Name] = []
    private var fields: [Name] = []
    /// Where each key, shape, distinct value and note begins in its section; the last number is the section's end.
    private let keyOffsets: [Int]
    private let shapeOffsets: [Int]
    private let valueOffsets: [Int]
    private let noteOffsets: [Int]
    /// How many writes each shape has.
    private let writeCounts: [Int]
    /// The newest event of each key so far.
    private var newest: [Dot?]
    private var heads: ByteCursor
    private var contexts: ByteCursor
    private var seqs: ByteCursor
    private var times: ByteCursor
    private var extras: ByteCursor
    /// Of values in line.
    private var values: ByteCursor
    /// Of distinct values.
    private var valueIndex = 0
    private var milliseconds: UInt64 = 0
    private var latestTime: UInt64 = 0
    private var read = 0

    init(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) {
        count = Int(header.count)
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        for _ in 0..<(try cursor.count(unitBytes: 18)) {
            let id = DeviceID(bytes: try cursor.take(16))
            let base = try cursor.varint()
            _ = try cursor.varint()
            devices.append(Device(id: id, running: base))
        }
        for _ in 0..<(try cursor.count(unitBytes: 2)) { collections.append(try cursor.name()) }
        for _ in 0..<(try cursor.count(unitBytes: 2)) { fields.append(try cursor.name()) }
        directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: devices.count)
        try sections.expand(directory, block)
        newest = Array(repeating: nil, count: directory.keyCount)
        keyOffsets = try Self.offsets(sections[.keys], directory.keyCount) { (cursor) throws(BlockError) in
            _ = try cursor.varint()
            let idBytes = try cursor.varint()
            _ = try cursor.take(Int(truncatingIfNeeded: min(idBytes >> (idBytes & 1 == 1 ? 2 : 1), UInt64(Limits.nameBytes))))
        }
        var writeCounts: [Int] = []
        shapeOffsets = try Self.offsets(sections[.shapes], directory.shapeCount) { (cursor) throws(BlockError) in
            _ = try cursor.varint()
            let writes = try cursor.count()
            for _ in 0..<writes { _ = try cursor.varint() }
            writeCounts.append(writes)
        }
        self.writeCounts = writeCounts
        valueOffsets = try Self.offsets(sections[.values], directory.valueCount, ValueCode.skip)
        noteOffsets = try Self.offsets(sections[.notes], directory.noteCount) { (cursor) throws(BlockError) in
            _ = try cursor.take(try cursor.count())
        }
        heads = ByteCursor(sections[.heads])
        contexts = ByteCursor(sections[.contexts])
        seqs = ByteCursor(sections[.seqs])
        times = ByteCursor(sections[.times])
        extras = ByteCursor(sections[.extras])
        values = ByteCursor(sections[.values])
    }

    private static func offsets(
        _ section: UnsafeRawBufferPointer, _ count: Int, _ step: (inout ByteCursor) throws(BlockError) -> Void
    ) throws(BlockError) -> [Int] {
        var offsets = [0]
        guard count > 0 else { return offsets }
        offsets.reserveCapacity(count + 1)
        var cursor = ByteCursor(section)
        for _ in 0..<count {
            try step(&cursor)
            offsets.append(cursor.offset)
        }
        guard cursor.isAtEnd else { throw .malformed(offset: cursor.offset) }
        return offsets
    }

    /// The next event; nil behind the last.
    mutating func next() throws(BlockError) -> BlockReader.Row? {
        guard read < count else {
            try checkEnd()
            return nil
        }
        let flags = sections[.flags][read]
        guard flags & PackedFlags.reserved == 0, let kind = EventKind(rawValue: flags & PackedFlags.kindMask) else { throw malformed }
        let author = try index(.authors, below: devices.count)
        let key = try index(.keyIndexes, below: directory.keyCount)
        let shape = try index(.shapeIndexes, below: directory.shapeCount)
        let dot = try self.dot(author, flags)
        let context = try contextForm(flags >> PackedFlags.formShift & PackedFlags.formMask, key)
        let recordKey = try self.key(key)
        let body = try self.body(shape, of: recordKey.collection)
        milliseconds = try times.delta(from: milliseconds)
        let extra = flags & PackedFlags.extras != 0 ? try extras.byte() : 0
        guard extra <= PackedExtraFlags.all, flags & PackedFlags.extras == 0 || extra != 0 else { throw malformed }
        let note = extra & BlockBuilder.ExtraFlags.note != 0 ? try self.note() : nil
        let epoch = extra & BlockBuilder.ExtraFlags.epoch != 0 ? try extras.varint() : 0
        let undoes = extra & BlockBuilder.ExtraFlags.undoes != 0 ? Dot(device: try device(&extras), seq: try extras.varint()) : nil
        let tick = extra & PackedExtraFlags.tick != 0 ? try extras.varint() : 0
        guard let tick = UInt16(exactly: tick) else { throw malformed }
        devices[author].running = dot.seq
        newest[key] = dot
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

    /// Steps over an event; nil behind the last.
    mutating func skip() throws(BlockError) -> Dot? {
        guard read < count else { return nil }
        let flags = sections[.flags][read]
        let author = try index(.authors, below: devices.count)
        let key = try index(.keyIndexes, below: directory.keyCount)
        let shape = try index(.shapeIndexes, below: directory.shapeCount)
        let dot = try self.dot(author, flags)
        try skipContext(flags >> PackedFlags.formShift & PackedFlags.formMask)
        if directory.valueCount > 0 {
            valueIndex += writeCounts[shape]
        } else {
            for _ in 0..<writeCounts[shape] { try ValueCode.skip(&values) }
        }
        milliseconds = try times.delta(from: milliseconds)
        if flags & PackedFlags.extras != 0 { try skipExtras() }
        devices[author].running = dot.seq
        newest[key] = dot
        read += 1
        return dot
    }

    private var malformed: BlockError { .malformed(offset: directory[.flags].offset) }

    private func checkEnd() throws(BlockError) {
        let isAtEnd = [heads, contexts, seqs, times, extras].allSatisfy(\.isAtEnd)
        let areValuesAtEnd =
            directory.valueCount == 0
            ? values.isAtEnd && sections[.valueIndexes].isEmpty
            : valueIndex * PackedDirectory.indexBytes(directory.valueCount) == sections[.valueIndexes].count
        guard isAtEnd && areValuesAtEnd && latestTime == directory.latestTime else { throw malformed }
    }

    // MARK: - Columns

    /// This event's number in a column, which the directory has found long enough.
    private func index(_ section: PackedSection, below limit: Int) throws(BlockError) -> Int {
        let number = try Self.number(sections[section], read, PackedDirectory.indexBytes(limit))
        guard number < limit else { throw malformed }
        return number
    }

    private static func number(_ column: UnsafeRawBufferPointer, _ index: Int, _ byteCount: Int) throws(BlockError) -> Int {
        guard (index + 1) * byteCount <= column.count else { throw .malformed(offset: 0) }
        var number = 0
        for byte in (0..<byteCount).reversed() { number = number << 8 | Int(column[index * byteCount + byte]) }
        return number
    }

    private mutating func dot(_ author: Int, _ flags: UInt8) throws(BlockError) -> Dot {
        let isExplicit = flags & PackedFlags.explicitSeq != 0
        let seq = isExplicit ? try seqs.varint() : devices[author].running &+ 1
        return Dot(device: devices[author].id, seq: seq)
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
            guard let dot = newest[key] else { throw malformed }
            return .heads([dot])
        default: throw malformed
        }
    }

    private mutating func skipContext(_ form: UInt8) throws(BlockError) {
        switch form {
        case BlockBuilder.RowFlags.oneHeadForm: _ = try head()
        case BlockBuilder.RowFlags.headsForm, BlockBuilder.RowFlags.wholeForm: _ = try contextDots()
        default: break
        }
    }

    private mutating func head() throws(BlockError) -> Dot {
        let index = try littleEndian(PackedDirectory.indexBytes(devices.count))
        guard index < UInt64(devices.count) else { throw malformed }
        let seq = devices[Int(index)].running.advanced(zigzag: try littleEndian(directory.headBytes))
        guard seq >= 1 && seq <= Limits.seq else { throw malformed }
        return Dot(device: devices[Int(index)].id, seq: seq)
    }

    private mutating func littleEndian(_ byteCount: Int) throws(BlockError) -> UInt64 {
        try heads.take(byteCount).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func contextDots() throws(BlockError) -> [Dot] {
        var dots: [Dot] = []
        for _ in 0..<(try contexts.count(unitBytes: 2)) {
            let index = try contexts.varint()
            guard index < UInt64(devices.count) else { throw malformed }
            let seq = try contexts.delta(from: devices[Int(index)].running)
            guard seq >= 1 && seq <= Limits.seq else { throw malformed }
            dots.append(Dot(device: devices[Int(index)].id, seq: seq))
        }
        return dots
    }

    // MARK: - Keys, bodies, extras

    private func key(_ index: Int) throws(BlockError) -> RecordKey {
        var cursor = ByteCursor(sections[.keys], at: keyOffsets[index])
        let collection = try cursor.varint()
        let idBytes = try cursor.varint()
        guard collection < UInt64(collections.count), idBytes >> 1 <= UInt64(Limits.nameBytes) else { throw malformed }
        let isHexadecimal = idBytes & 1 == 1
        guard !isHexadecimal || idBytes & 2 == 0 else { throw malformed }
        let stored = try cursor.take(Int(idBytes >> (isHexadecimal ? 2 : 1)))
        guard cursor.offset == keyOffsets[index + 1] else { throw malformed }
        let id = isHexadecimal ? stored.flatMap { [RecordIDCode.digits[Int($0 >> 4)], RecordIDCode.digits[Int($0 & 15)]] } : Array(stored)
        do { return RecordKey(collection: collections[Int(collection)], record: try Name(utf8: id)) } catch { throw malformed }
    }

    private mutating func body(_ shape: Int, of collection: Name) throws(BlockError) -> EventBody {
        var cursor = ByteCursor(sections[.shapes], at: shapeOffsets[shape])
        let number = try cursor.varint()
        guard number < UInt64(collections.count), collections[Int(number)] == collection else { throw malformed }
        guard writeCounts[shape] > 0 else { return .delete }
        var set: [FieldWrite] = []
        var unset: [Name] = []
        for _ in 0..<(try cursor.count()) {
            let index = try cursor.varint()
            guard index < UInt64(fields.count) else { throw malformed }
            if let value = try nextValue() {
                set.append(FieldWrite(field: fields[Int(index)], value: value))
            } else {
                unset.append(fields[Int(index)])
            }
        }
        do { return try EventBody.writing(set: set, unset: unset) } catch { throw malformed }
    }

    private mutating func nextValue() throws(BlockError) -> FieldValue? {
        guard directory.valueCount > 0 else { return try ValueCode.read(&values) }
        let index = try Self.number(sections[.valueIndexes], valueIndex, PackedDirectory.indexBytes(directory.valueCount))
        guard index < directory.valueCount else { throw malformed }
        valueIndex += 1
        var cursor = ByteCursor(sections[.values], at: valueOffsets[index])
        return try ValueCode.read(&cursor)
    }

    private mutating func note() throws(BlockError) -> Note {
        let index = try extras.varint()
        guard index < UInt64(directory.noteCount) else { throw malformed }
        var cursor = ByteCursor(sections[.notes], at: noteOffsets[Int(index)])
        let length = try cursor.count()
        do { return try Note(utf8: try cursor.take(length)) } catch { throw malformed }
    }

    private func device(_ cursor: inout ByteCursor) throws(BlockError) -> DeviceID {
        let index = try cursor.varint()
        guard index < UInt64(devices.count) else { throw malformed }
        return devices[Int(index)].id
    }

    private mutating func skipExtras() throws(BlockError) {
        let extra = try extras.byte()
        if extra & BlockBuilder.ExtraFlags.note != 0 { _ = try extras.varint() }
        if extra & BlockBuilder.ExtraFlags.epoch != 0 { _ = try extras.varint() }
        if extra & BlockBuilder.ExtraFlags.undoes != 0 {
            _ = try extras.varint()
            _ = try extras.varint()
        }
        if extra & PackedExtraFlags.tick != 0 { _ = try extras.varint() }
    }
}
