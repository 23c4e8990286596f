/// Decoding of rows. Layout: EventFormat.md, "Rows".
extension DecodedBlock {
    /// Decodes `count` rows from `at` on and moves behind them; false when one is not well-formed.
    ///
    /// Total on any bytes: reads at most `RecordTable.slackBytes` beyond `end` before it notices.
    mutating func decodeRows(_ count: Int, _ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
        reserve(keys: count, rows: count)
        shapes.reserve(count)
        valueBase = at
        valueEnd = end
        var milliseconds: UInt64 = 0
        for _ in 0..<count { guard decodeRow(&at, end, &milliseconds) else { return false } }
        return true
    }

    @inline(__always)
    private mutating func decodeRow(_ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ milliseconds: inout UInt64) -> Bool {
        typealias Flags = BlockBuilder.RowFlags
        guard at < end else { return false }
        let byteCount = varint(&at)
        guard at <= end && byteCount <= UInt64(truncatingIfNeeded: end - at) else { return false }
        let rowEnd = at + Int(truncatingIfNeeded: byteCount)
        let flags = at.load(as: UInt8.self)
        at += 1
        let author = varint(&at)
        guard author < UInt64(truncatingIfNeeded: deviceCount) else { return false }
        let number = Int(truncatingIfNeeded: author)
        var seq = UInt64(devices.base[number].running) &+ 1
        if flags & Flags.explicitSeq != 0 { seq = varint(&at) }
        milliseconds = milliseconds.advanced(zigzag: varint(&at))
        guard milliseconds < Limits.timeMilliseconds else { return false }
        let tick = flags & Flags.tick != 0 ? varint(&at) : 0
        guard at <= rowEnd && tick <= UInt64(UInt16.max) else { return false }
        latestTime = max(latestTime, milliseconds << 16 | tick)
        let form = flags >> Flags.formShift & Flags.formMask
        var head = DotPair(device: 0, seq: 0)
        if form == Flags.oneHeadForm {
            guard let pair = pair(varint(&at), varint(&at)) else { return false }
            head = pair
        } else if form != Flags.emptyForm {
            guard let pairs = decodePairs(&at, rowEnd) else { return false }
            head = pairs
        }
        guard advance(number, to: seq) else { return false }
        let collection = varint(&at)
        guard collection < UInt64(truncatingIfNeeded: collectionCount) && at < rowEnd else { return false }
        let keyLength = Int(at.load(as: UInt8.self))
        let key = at + 1
        at += 1 &+ keyLength
        guard at <= rowEnd && keyLength > 0 else { return false }
        if flags & Flags.extras != 0 { guard skipExtras(&at, rowEnd) else { return false } }
        let table = collections.base[Int(truncatingIfNeeded: collection)]
        addKey(key, keyLength, collection: table)
        addRow(
            DecodedRow(
                key: keyPlaces.base[rowCount], number: UInt32(truncatingIfNeeded: rowCount), device: devices.base[number].number,
                seq: UInt32(truncatingIfNeeded: seq), head: head, value: UInt32(truncatingIfNeeded: valueCount),
                shape: UInt32(truncatingIfNeeded: shapeCount), form: form))
        guard decodeBody(&at, rowEnd, isDelete: flags & Flags.delete != 0, collection: table) else { return false }
        return at == rowEnd
    }

    /// A row has a shape of its own.
    @inline(__always)
    private mutating func decodeBody(
        _ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer, isDelete: Bool, collection: UInt32
    ) -> Bool {
        var left: UInt64 = 0
        if !isDelete {
            left = varint(&at)
            guard at <= end && left > 0 && left <= UInt64(truncatingIfNeeded: end - at) else { return false }
        }
        shapes.base[shapeCount] = DecodedShape(
            first: UInt32(truncatingIfNeeded: shapeFieldCount), count: UInt32(truncatingIfNeeded: left), collection: collection)
        shapeCount &+= 1
        let count = Int(truncatingIfNeeded: left)
        shapeFields.reserve(shapeFieldCount &+ count, keeping: shapeFieldCount)
        values.reserve(valueCount &+ count, keeping: valueCount)
        for _ in 0..<count {
            let field = varint(&at)
            guard field < UInt64(truncatingIfNeeded: fieldCount) && at < end else { return false }
            shapeFields.base[shapeFieldCount] = ShapeField(
                field: fields.base[Int(truncatingIfNeeded: field)], number: UInt32(truncatingIfNeeded: field))
            shapeFieldCount &+= 1
            values.base[valueCount] = UInt32(truncatingIfNeeded: at - valueBase)
            valueCount &+= 1
            guard Self.skipValue(&at, end) else { return false }
        }
        return true
    }

    /// Note, epoch and undone dot change nothing in the fold.
    @inline(never)
    private func skipExtras(_ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
        guard at < end else { return false }
        let extras = at.load(as: UInt8.self)
        at += 1
        guard extras <= BlockBuilder.ExtraFlags.all && at <= end else { return false }
        if extras & BlockBuilder.ExtraFlags.note != 0 {
            let length = varint(&at)
            guard at <= end && length <= UInt64(end - at) else { return false }
            at += Int(length)
        }
        if extras & BlockBuilder.ExtraFlags.epoch != 0 { _ = varint(&at) }
        if extras & BlockBuilder.ExtraFlags.undoes != 0 {
            _ = varint(&at)
            guard at <= end else { return false }
            _ = varint(&at)
        }
        return at <= end
    }
}
