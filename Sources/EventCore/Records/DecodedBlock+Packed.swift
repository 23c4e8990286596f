/// Decoding of packed columns. Layout: EventFormat.md, "Packed block".
extension DecodedBlock {
    /// Expands the sections that the fold needs and decodes all events.
    ///
    /// Total on any bytes.
    ///
    /// - Throws: `.malformed`.
    mutating func decodePacked(
        _ directory: PackedDirectory, _ count: Int, _ block: UnsafeRawBufferPointer
    ) throws(BlockError) {
        try sections.expand(directory, block, through: .valueIndexes)
        reserve(keys: directory.keyCount, rows: count)
        guard decodeKeys(directory) else { throw .malformed(offset: directory[.keys].offset) }
        guard decodeShapes(directory) else { throw .malformed(offset: directory[.shapes].offset) }
        guard decodeDistinctValues(directory) else { throw .malformed(offset: directory[.values].offset) }
        guard decodeColumns(directory, count) else { throw .malformed(offset: directory[.flags].offset) }
        latestTime = directory.latestTime
    }

    /// Where a section begins and ends; an empty one may have no memory.
    private func ends(_ section: PackedSection) -> (UnsafeRawPointer, UnsafeRawPointer) {
        let start = sections[section].baseAddress ?? UnsafeRawPointer(nothing.base)
        return (start, start + sections[section].count)
    }

    private mutating func decodeKeys(_ directory: PackedDirectory) -> Bool {
        var (at, end) = ends(.keys)
        ids.reserve((end - at) * 2 + RecordIDCode.slackBytes)
        var id = UnsafeMutableRawPointer(ids.base)
        for _ in 0..<directory.keyCount {
            guard at < end else { return false }
            let collection = varint(&at)
            let idBytes = varint(&at)
            guard at <= end && collection < UInt64(truncatingIfNeeded: collectionCount) else { return false }
            guard idBytes >> 1 >= 1 && idBytes >> 1 <= UInt64(Limits.nameBytes) else { return false }
            let length = Int(truncatingIfNeeded: idBytes >> 1)
            let table = collections.base[Int(truncatingIfNeeded: collection)]
            if idBytes & 1 == 0 {
                guard length <= end - at else { return false }
                addKey(at, length, collection: table)
                at += length
            } else {
                guard length & 1 == 0 && length / 2 <= end - at else { return false }
                RecordIDCode.unpack(at, length / 2, to: id)
                addKey(UnsafeRawPointer(id), length, collection: table)
                at += length / 2
                id += length
            }
        }
        return at == end
    }

    private mutating func decodeShapes(_ directory: PackedDirectory) -> Bool {
        var (at, end) = ends(.shapes)
        shapes.reserve(directory.shapeCount)
        for _ in 0..<directory.shapeCount {
            guard at < end else { return false }
            let collection = varint(&at)
            let count = varint(&at)
            guard at <= end && collection < UInt64(truncatingIfNeeded: collectionCount) && count <= UInt64(end - at) else { return false }
            shapes.base[shapeCount] = DecodedShape(
                first: UInt32(shapeFieldCount), count: UInt32(count), collection: collections.base[Int(collection)])
            shapeCount += 1
            shapeFields.reserve(shapeFieldCount + Int(count), keeping: shapeFieldCount)
            for _ in 0..<count {
                guard at < end else { return false }
                let field = varint(&at)
                guard field < UInt64(truncatingIfNeeded: fieldCount) else { return false }
                shapeFields.base[shapeFieldCount] = ShapeField(field: fields.base[Int(field)], number: UInt32(field))
                shapeFieldCount += 1
            }
        }
        return at == end
    }

    private mutating func decodeDistinctValues(_ directory: PackedDirectory) -> Bool {
        var (at, end) = ends(.values)
        valueBase = at
        valueEnd = end
        distinct.reserve(directory.valueCount)
        for number in 0..<directory.valueCount {
            distinct.base[number] = UInt32(truncatingIfNeeded: at - valueBase)
            guard Self.skipValue(&at, end) else { return false }
        }
        return directory.valueCount == 0 || at == end
    }

    private mutating func decodeColumns(_ directory: PackedDirectory, _ count: Int) -> Bool {
        let (flags, _) = ends(.flags)
        let authors = IndexColumn(ends(.authors).0, below: deviceCount)
        let keyIndexes = IndexColumn(ends(.keyIndexes).0, below: keyCount)
        let shapeIndexes = IndexColumn(ends(.shapeIndexes).0, below: shapeCount)
        let deviceBytes = PackedDirectory.indexBytes(deviceCount)
        let headMask = directory.headBytes == 8 ? .max : UInt64(1) << UInt64(8 * directory.headBytes) &- 1
        var (head, headEnd) = ends(.heads)
        var (context, contextEnd) = ends(.contexts)
        var (seq, seqEnd) = ends(.seqs)
        var (value, _) = ends(.values)
        let valueIndexes = IndexColumn(ends(.valueIndexes).0, below: directory.valueCount)
        let writeLimit = directory.valueCount > 0 ? sections[.valueIndexes].count / valueIndexes.byteCount : sections[.values].count
        values.reserve(writeLimit)
        for index in 0..<count {
            let flag = flags.load(fromByteOffset: index, as: UInt8.self)
            let author = authors[index]
            let keyNumber = keyIndexes[index]
            let shape = shapeIndexes[index]
            guard author < deviceCount && keyNumber < keyCount && shape < shapeCount else { return false }
            guard flag & PackedFlags.reserved == 0 else { return false }
            let key = Int(keyPlaces.base[keyNumber])
            var number = UInt64(devices.base[author].running) &+ 1
            if flag & PackedFlags.explicitSeq != 0 {
                guard seq < seqEnd else { return false }
                number = varint(&seq)
            }
            var form = flag >> PackedFlags.formShift & PackedFlags.formMask
            var dot = DotPair(device: 0, seq: 0)
            switch form {
            case BlockBuilder.RowFlags.oneHeadForm:
                let distance = (head + deviceBytes).loadUnaligned(as: UInt64.self) & headMask
                guard let pair = pair(UInt64(IndexColumn.number(head, deviceBytes)), distance) else { return false }
                dot = pair
                head += deviceBytes &+ directory.headBytes
                guard head <= headEnd else { return false }
            case PackedFlags.previousForm:
                dot = keys.base[key].newest
                guard dot.seq != 0 else { return false }
                form = BlockBuilder.RowFlags.oneHeadForm
            case BlockBuilder.RowFlags.emptyForm: break
            default:
                guard form <= BlockBuilder.RowFlags.wholeForm, let pairs = decodePairs(&context, contextEnd) else { return false }
                dot = pairs
            }
            guard advance(author, to: number) else { return false }
            let device = devices.base[author].number
            keys.base[key].newest = DotPair(device: device, seq: UInt32(truncatingIfNeeded: number))
            addRow(
                DecodedRow(
                    key: UInt32(truncatingIfNeeded: key), number: UInt32(truncatingIfNeeded: index), device: device,
                    seq: UInt32(truncatingIfNeeded: number), head: dot, value: UInt32(truncatingIfNeeded: valueCount),
                    shape: UInt32(truncatingIfNeeded: shape), form: form))
            let writes = Int(shapes.base[shape].count)
            guard shapes.base[shape].collection == keys.base[key].collection && writes <= writeLimit &- valueCount else { return false }
            if directory.valueCount > 0 {
                for _ in 0..<writes {
                    let distinctIndex = valueIndexes[valueCount]
                    guard distinctIndex < directory.valueCount else { return false }
                    values.base[valueCount] = distinct.base[distinctIndex]
                    valueCount &+= 1
                }
            } else {
                for _ in 0..<writes {
                    values.base[valueCount] = UInt32(truncatingIfNeeded: value - valueBase)
                    valueCount &+= 1
                    guard Self.skipValue(&value, valueEnd) else { return false }
                }
            }
        }
        let areValuesAtEnd = directory.valueCount > 0 ? valueCount == writeLimit : value == valueEnd && sections[.valueIndexes].isEmpty
        return head == headEnd && context == contextEnd && seq == seqEnd && areValuesAtEnd
    }
}
