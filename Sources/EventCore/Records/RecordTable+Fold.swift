extension RecordTable {
    /// Bytes that must be readable behind a block's end: reads are checked once a row's part, not once a byte.
    package static let slackBytes = 64

    /// Folds a block of events whose checksum has been checked, in batches: decode and hash, then look up, then apply, each step
    /// asking for the memory that the next one touches.
    ///
    /// Semantics: "The fold" in Sources/README.md. Total on any bytes: what is not a block is refused, never trusted. After an error the table is of no use.
    ///
    /// - Parameter limit: stop after so many events.
    /// - Throws: `.malformed` when a row is not well-formed, does not continue its device's seq, or names heads that the record does not have.
    package mutating func fold(
        _ header: BlockHeader, _ block: UnsafeRawBufferPointer, limit: UInt32 = .max
    ) throws(BlockError) {
        precondition(header.kind == .events)
        guard let base = block.baseAddress else { throw .malformed(offset: 0) }
        let end = base + BlockHeader.sizeBytes + header.payloadBytes
        var at = base + (try mapNames(header, block))
        var milliseconds: UInt64 = 0
        var left = min(header.count, limit)
        guard UInt64(eventCount) + UInt64(left) <= Limits.foldedSeq else { throw .malformed(offset: 12) }
        precondition(isPrepared(toFold: left))
        _ = previous.grow(by: Int(left) * 4)
        while left > 0 {
            let batch = Int(min(left, UInt32(FoldScratch.batchRows)))
            left -= UInt32(batch)
            scratch.pairCount = 0
            if (Int(recordCount) &+ batch) &* 2 > index.capacity { growIndex() }
            for row in 0..<batch {
                guard decode(&at, end, &milliseconds, into: scratch.rows + row) else { throw .malformed(offset: at - base) }
                prefetch(index.slots + Int(truncatingIfNeeded: scratch.rows[row].hash & index.mask))
            }
            for row in 0..<batch {
                let cell = candidate(hash: scratch.rows[row].hash)
                scratch.rows[row].cell = cell
                let address = pointer(cell)
                prefetch(address)
                prefetch(address + 64)
                prefetch(address + 128)
                prefetch(address + 192)
                prefetch(address + 256)
                prefetch(address + 320)
            }
            for row in 0..<batch {
                guard apply(scratch.rows + row) else { throw .malformed(offset: scratch.rows[row].body - base) }
            }
        }
        if limit >= header.count && at != end { throw .malformed(offset: at - base) }
    }

    /// Maps the block's devices, collections and fields to the table's numbers; returns the offset of the first row.
    private mutating func mapNames(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> Int {
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: block[..<(BlockHeader.sizeBytes + header.payloadBytes)]), at: BlockHeader.sizeBytes)
        scratch.deviceCount = try cursor.count(unitBytes: 18)
        scratch.reserve(devices: scratch.deviceCount)
        for number in 0..<scratch.deviceCount {
            let id = DeviceID(bytes: try cursor.take(16))
            let start = cursor.offset
            let base = try cursor.varint()
            _ = try cursor.varint()
            guard base <= Limits.foldedSeq else { throw .malformed(offset: start) }
            scratch.running[number] = UInt32(base)
            scratch.devices[number] = devices.index(adding: id)
        }
        guard devices.devices.count <= Int(CellLayout.deviceMask) else { throw .malformed(offset: BlockHeader.sizeBytes) }
        if applied.usedBytes < devices.devices.count * 4 { _ = applied.grow(by: devices.devices.count * 4 - applied.usedBytes) }
        scratch.collectionCount = try cursor.count(unitBytes: 2)
        scratch.reserve(collections: scratch.collectionCount)
        for number in 0..<scratch.collectionCount { scratch.collections[number] = collections.index(adding: try cursor.name()) }
        while typicalSlots.count < collections.names.count {
            typicalSlots.append(0)
            typicalClock.append(0)
        }
        scratch.fieldCount = try cursor.count(unitBytes: 2)
        scratch.reserve(fields: scratch.fieldCount)
        for number in 0..<scratch.fieldCount { scratch.fields[number] = fields.index(adding: try cursor.name()) }
        return cursor.offset
    }

    /// The first cell of the probe sequence whose tag fits; the key is compared when the cell's memory has come.
    @inline(__always)
    private func candidate(hash: UInt64) -> UInt32 {
        var at = hash & index.mask
        while true {
            let word = index.slots[Int(truncatingIfNeeded: at)]
            if word == 0 || word >> 32 == hash >> 32 { return UInt32(truncatingIfNeeded: word) }
            at = (at &+ 1) & index.mask
        }
    }

    /// Decodes the row at `at` up to its body and moves on to the next; false when it is not well-formed.
    ///
    /// Reads at most `slackBytes` beyond `end` before it notices.
    @inline(__always)
    private mutating func decode(
        _ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ milliseconds: inout UInt64, into row: UnsafeMutablePointer<DecodedRow>
    ) -> Bool {
        guard at < end else { return false }
        let byteCount = varint(&at)
        guard byteCount <= UInt64(truncatingIfNeeded: end - at) && at <= end else { return false }
        let rowEnd = at + Int(truncatingIfNeeded: byteCount)
        let flags = at.load(as: UInt8.self)
        at += 1
        let author = varint(&at)
        guard author < UInt64(truncatingIfNeeded: scratch.deviceCount) else { return false }
        let number = Int(truncatingIfNeeded: author)
        var seq = UInt64(scratch.running[number]) &+ 1
        if flags & BlockBuilder.RowFlags.explicitSeq != 0 { seq = varint(&at) }
        guard seq >= 1 && seq <= Limits.foldedSeq else { return false }
        let folded = varint(&at)
        milliseconds = milliseconds &+ (folded >> 1 ^ (0 &- (folded & 1)))
        guard milliseconds < Limits.timeMilliseconds else { return false }
        let tick = flags & BlockBuilder.RowFlags.tick != 0 ? varint(&at) : 0
        guard at <= rowEnd && tick <= UInt64(UInt16.max) else { return false }
        latestTime = max(latestTime, milliseconds << 16 | tick)
        row.pointee.form = flags >> BlockBuilder.RowFlags.formShift & BlockBuilder.RowFlags.formMask
        if row.pointee.form == BlockBuilder.RowFlags.oneHeadForm {
            guard let head = dotPair(&at) else { return false }
            row.pointee.headDevice = head.device
            row.pointee.headSeq = head.seq
        } else if row.pointee.form != BlockBuilder.RowFlags.emptyForm {
            guard decodePairs(&at, rowEnd, into: row) else { return false }
        }
        scratch.running[number] = UInt32(truncatingIfNeeded: seq)
        let collection = varint(&at)
        guard collection < UInt64(truncatingIfNeeded: scratch.collectionCount) && at < rowEnd else { return false }
        let keyLength = at.load(as: UInt8.self)
        row.pointee.key = at + 1
        at += 1 &+ Int(keyLength)
        guard at <= rowEnd && keyLength > 0 else { return false }
        row.pointee.keyLength = keyLength
        row.pointee.device = scratch.devices[number]
        row.pointee.seq = UInt32(truncatingIfNeeded: seq)
        row.pointee.collection = scratch.collections[Int(truncatingIfNeeded: collection)]
        row.pointee.hash = keyHash(row.pointee.key, Int(keyLength), collection: row.pointee.collection)
        row.pointee.isDelete = flags & BlockBuilder.RowFlags.delete != 0
        if flags & BlockBuilder.RowFlags.extras != 0 { guard skipExtras(&at, rowEnd) else { return false } }
        row.pointee.body = at
        row.pointee.end = rowEnd
        at = rowEnd
        return true
    }

    /// A dot of a context: a device of the block and how far its seq lies from the device's running one.
    @inline(__always)
    private func dotPair(_ at: inout UnsafeRawPointer) -> DotPair? {
        let number = varint(&at)
        guard number < UInt64(truncatingIfNeeded: scratch.deviceCount) else { return nil }
        let folded = varint(&at)
        let seq = UInt64(scratch.running[Int(truncatingIfNeeded: number)]) &+ (folded >> 1 ^ (0 &- (folded & 1)))
        guard seq >= 1 && seq <= Limits.foldedSeq else { return nil }
        return DotPair(device: scratch.devices[Int(truncatingIfNeeded: number)], seq: UInt32(truncatingIfNeeded: seq))
    }

    @inline(never)
    private mutating func decodePairs(
        _ at: inout UnsafeRawPointer, _ rowEnd: UnsafeRawPointer, into row: UnsafeMutablePointer<DecodedRow>
    ) -> Bool {
        let count = varint(&at)
        guard at <= rowEnd && count <= UInt64(rowEnd - at) / 2 else { return false }
        scratch.reserve(morePairs: Int(count))
        row.pointee.headDevice = UInt32(scratch.pairCount)
        row.pointee.pairCount = UInt32(count)
        for _ in 0..<count {
            guard at < rowEnd, let pair = dotPair(&at) else { return false }
            scratch.pairs[scratch.pairCount] = pair
            scratch.pairCount += 1
        }
        return at <= rowEnd
    }

    /// Note, epoch and undone dot change nothing in the fold.
    @inline(never)
    private func skipExtras(_ at: inout UnsafeRawPointer, _ rowEnd: UnsafeRawPointer) -> Bool {
        guard at < rowEnd else { return false }
        let extras = at.load(as: UInt8.self)
        at += 1
        guard extras <= BlockBuilder.ExtraFlags.all && at <= rowEnd else { return false }
        if extras & BlockBuilder.ExtraFlags.note != 0 {
            let length = varint(&at)
            guard at <= rowEnd && length <= UInt64(rowEnd - at) else { return false }
            at += Int(length)
        }
        if extras & BlockBuilder.ExtraFlags.epoch != 0 { _ = varint(&at) }
        if extras & BlockBuilder.ExtraFlags.undoes != 0 {
            _ = varint(&at)
            guard at <= rowEnd else { return false }
            _ = varint(&at)
        }
        return at <= rowEnd
    }
}

/// A varint at `at`, which has four readable bytes; at most ten are read.
@inline(__always)
func varint(_ at: inout UnsafeRawPointer) -> UInt64 {
    let word = at.loadUnaligned(as: UInt32.self)
    if word & 0x80 == 0 {
        at += 1
        return UInt64(word & 0x7F)
    }
    if word & 0x8000 == 0 {
        at += 2
        return UInt64(word & 0x7F | word >> 1 & 0x3F80)
    }
    return longVarint(&at)
}

@inline(never)
private func longVarint(_ at: inout UnsafeRawPointer) -> UInt64 {
    var (number, shift) = (UInt64(0), UInt64(0))
    while shift < 64 {
        let next = at.load(as: UInt8.self)
        at += 1
        number |= UInt64(next & 0x7F) << shift
        if next < 0x80 { break }
        shift += 7
    }
    return number
}
