/// Packs events of a log into one self-contained block by columns: what a sealed segment consists of.
///
/// Layout: EventFormat.md, "Packed block". The inverse is `BlockReader`.
package struct PackedBlockBuilder {
    /// A head by number of its device, and how far its seq lies from the device's running one, zigzag-folded.
    private struct Head {
        let device: Int
        let distance: UInt64
    }

    private var devices = BlockDevices()
    private var collections = NameTable()
    private var fields = NameTable()
    private var keys = ByteDictionary()
    /// The newest event of each key.
    private var newest: [Dot] = []
    private var shapes = ByteDictionary()
    private var values = ByteDictionary()
    private var notes = ByteDictionary()
    private var flags: [UInt8] = []
    private var authorIndexes: [Int] = []
    private var keyIndexes: [Int] = []
    private var heads: [Head] = []
    private var contexts: [UInt8] = []
    private var seqs: [UInt8] = []
    private var shapeIndexes: [Int] = []
    private var valueIndexes: [Int] = []
    /// Bytes of all values, if each is written where it stands.
    private var inlineBytes = 0
    private var times: [UInt8] = []
    private var extras: [UInt8] = []
    private var lastMilliseconds: UInt64 = 0
    private var latestTime: UInt64 = 0
    /// Reused for each event.
    private var scratch: [UInt8] = []

    package init() {}

    /// How many events have been added.
    package var count: Int { flags.count }

    /// Bytes of the block before compression, nearly.
    package var rawBytes: Int {
        keys.bytes.count + count * 5 + heads.count * 4 + contexts.count + seqs.count + shapes.bytes.count
            + min(inlineBytes, values.bytes.count + valueIndexes.count * 2) + times.count + extras.count + notes.bytes.count
            + devices.count * 20 + collections.byteCount + fields.byteCount
    }

    /// The devices whose events the block holds, each with its first and last seq.
    package var authors: [DeviceRange] { devices.authors }

    /// Adds the event of a row, with its context as the row writes it.
    package mutating func append(_ row: BlockReader.Row) {
        let author = devices.index(adding: row.dot.device, base: row.dot.seq - 1)
        var flag = row.kind.rawValue
        if devices.running(author) + 1 != row.dot.seq {
            flag |= PackedFlags.explicitSeq
            seqs.appendVarint(row.dot.seq)
        }
        let key = keyIndex(row.key)
        flag |= appendContext(row.context, key) << PackedFlags.formShift
        devices.advance(author, to: row.dot.seq)
        newest[key] = row.dot
        authorIndexes.append(author)
        keyIndexes.append(key)
        appendBody(row.body, of: row.key.collection)
        times.appendDelta(from: lastMilliseconds, to: row.time.milliseconds)
        lastMilliseconds = row.time.milliseconds
        latestTime = max(latestTime, row.time.packed)
        if appendExtras(row) { flag |= PackedFlags.extras }
        flags.append(flag)
    }

    private mutating func keyIndex(_ key: RecordKey) -> Int {
        scratch.removeAll(keepingCapacity: true)
        scratch.appendVarint(UInt64(collections.index(adding: key.collection)))
        let id = key.record.utf8
        if let packed = RecordIDCode.packed(id) {
            scratch.appendVarint(id.count << 1 | 1)
            scratch += packed
        } else {
            scratch.appendVarint(id.count << 1)
            scratch += id
        }
        let index = keys.index(adding: scratch)
        if index == newest.count { newest.append(Dot(device: DeviceID(high: 0, low: 0), seq: 0)) }
        return index
    }

    /// Returns the form of the context.
    private mutating func appendContext(_ form: ContextForm, _ key: Int) -> UInt8 {
        switch form {
        case .heads(let dots) where dots.count == 1:
            if dots[0] == newest[key] { return PackedFlags.previousForm }
            let index = devices.index(adding: dots[0].device, base: dots[0].seq)
            heads.append(Head(device: index, distance: UInt64.zigzag(from: devices.running(index), to: dots[0].seq)))
            return BlockBuilder.RowFlags.oneHeadForm
        case .heads(let dots):
            guard !dots.isEmpty else { return BlockBuilder.RowFlags.emptyForm }
            appendDots(dots)
            return BlockBuilder.RowFlags.headsForm
        case .whole(let context):
            guard !context.isEmpty else { return BlockBuilder.RowFlags.emptyForm }
            appendDots(context.entries)
            return BlockBuilder.RowFlags.wholeForm
        }
    }

    private mutating func appendDots(_ dots: [Dot]) {
        contexts.appendVarint(dots.count)
        for dot in dots {
            let index = devices.index(adding: dot.device, base: dot.seq)
            contexts.appendVarint(index)
            contexts.appendDelta(from: devices.running(index), to: dot.seq)
        }
    }

    private mutating func appendBody(_ body: EventBody, of collection: Name) {
        scratch.removeAll(keepingCapacity: true)
        scratch.appendVarint(UInt64(collections.index(adding: collection)))
        guard case .write(let set, let unset) = body else {
            scratch.append(0)
            shapeIndexes.append(shapes.index(adding: scratch))
            return
        }
        scratch.appendVarint(set.count + unset.count)
        for write in set { scratch.appendVarint(UInt64(fields.index(adding: write.field))) }
        for field in unset { scratch.appendVarint(UInt64(fields.index(adding: field))) }
        shapeIndexes.append(shapes.index(adding: scratch))
        for write in set { appendValue(write.value) }
        for _ in unset { appendValue(nil) }
    }

    private mutating func appendValue(_ value: FieldValue?) {
        scratch.removeAll(keepingCapacity: true)
        ValueCode.append(value, to: &scratch)
        inlineBytes += scratch.count
        valueIndexes.append(values.index(adding: scratch))
    }

    /// Returns whether there were any.
    private mutating func appendExtras(_ row: BlockReader.Row) -> Bool {
        typealias Flags = BlockBuilder.ExtraFlags
        let which =
            (row.note != nil ? Flags.note : 0) | (row.epoch != 0 ? Flags.epoch : 0) | (row.undoes != nil ? Flags.undoes : 0)
            | (row.isCritical ? Flags.critical : 0) | (row.time.tick != 0 ? PackedExtraFlags.tick : 0)
        guard which != 0 else { return false }
        extras.append(which)
        if let note = row.note {
            scratch.removeAll(keepingCapacity: true)
            scratch.appendVarint(note.utf8.count)
            scratch += note.utf8
            extras.appendVarint(notes.index(adding: scratch))
        }
        if row.epoch != 0 { extras.appendVarint(row.epoch) }
        if let undoes = row.undoes {
            extras.appendVarint(devices.index(adding: undoes.device, base: undoes.seq))
            extras.appendVarint(undoes.seq)
        }
        if row.time.tick != 0 { extras.appendVarint(UInt64(row.time.tick)) }
        return true
    }

    // MARK: - The block

    /// The finished block, header and checksum included. At least one event must have been added.
    package func finish() -> [UInt8] {
        var block = [UInt8](repeating: 0, count: BlockHeader.sizeBytes)
        devices.append(to: &block)
        collections.append(to: &block)
        fields.append(to: &block)
        let valueWidth = PackedDirectory.indexBytes(values.count)
        let isDictionary = values.bytes.count + valueIndexes.count * valueWidth < inlineBytes - inlineBytes / 4
        let headBytes = (64 - (heads.map(\.distance).max() ?? 0).leadingZeroBitCount + 7) / 8
        for number in [keys.count, shapes.count, isDictionary ? values.count : 0, notes.count] { block.appendVarint(number) }
        block.append(UInt8(headBytes))
        block.appendVarint(latestTime)
        var stored: [UInt8] = []
        for section in PackedSection.allCases {
            let raw = bytes(of: section, isDictionary, headBytes)
            if let packed = raw.withUnsafeBytes({ LZ4.compress($0) }) {
                block.appendVarint(raw.count << 1 | 1)
                block.appendVarint(packed.count)
                stored += packed
            } else {
                block.appendVarint(raw.count << 1)
                stored += raw
            }
        }
        block += stored
        BlockHeader.seal(&block, kind: .events, encoding: .packed, count: UInt32(count))
        return block
    }

    private func bytes(of section: PackedSection, _ isDictionary: Bool, _ headBytes: Int) -> [UInt8] {
        switch section {
        case .keys: keys.bytes
        case .flags: flags
        case .authors: Self.column(authorIndexes, PackedDirectory.indexBytes(devices.count))
        case .keyIndexes: Self.column(keyIndexes, PackedDirectory.indexBytes(keys.count))
        case .heads: headColumn(headBytes)
        case .contexts: contexts
        case .seqs: seqs
        case .shapes: shapes.bytes
        case .shapeIndexes: Self.column(shapeIndexes, PackedDirectory.indexBytes(shapes.count))
        case .values: isDictionary ? values.bytes : inlineValues
        case .valueIndexes: isDictionary ? Self.column(valueIndexes, PackedDirectory.indexBytes(values.count)) : []
        case .times: times
        case .extras: extras
        case .notes: notes.bytes
        }
    }

    private var inlineValues: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(inlineBytes)
        for index in valueIndexes { bytes += values[index] }
        return bytes
    }

    private func headColumn(_ headBytes: Int) -> [UInt8] {
        let deviceBytes = PackedDirectory.indexBytes(devices.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(heads.count * (deviceBytes + headBytes))
        for head in heads {
            bytes.append(littleEndian: UInt64(head.device), byteCount: deviceBytes)
            bytes.append(littleEndian: head.distance, byteCount: headBytes)
        }
        return bytes
    }

    private static func column(_ numbers: [Int], _ byteCount: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * byteCount)
        for number in numbers { bytes.append(littleEndian: UInt64(number), byteCount: byteCount) }
        return bytes
    }
}

extension [UInt8] {
    /// Appends the lowest bytes of a number, low ones first.
    fileprivate mutating func append(littleEndian number: UInt64, byteCount: Int) {
        for byte in 0..<byteCount { append(UInt8(truncatingIfNeeded: number >> UInt64(8 * byte))) }
    }
}
