/// The table's memory as the sections of a checkpoint, and back.
///
/// Layout: LogFormat.md, "Sections". Sections 1 to 6 are the regions and the index as they are; section 0 says what they mean.
extension RecordTable {
    /// The version of the layout of cells, nodes and section 0. Another one is not read; the log is folded instead.
    private static let layoutVersion: UInt64 = 1
    package static let sectionCount = 7

    /// Calls `body` with the sections, in order; they hold during the call.
    package func withSections<Result>(_ body: ([UnsafeRawBufferPointer]) throws -> Result) rethrows -> Result {
        let facts = facts()
        let slots = UnsafeRawBufferPointer(start: index.slots, count: index.capacity * MemoryLayout<UInt64>.stride)
        return try facts.withUnsafeBytes { facts in
            try body([facts, cells.bytes, nodes.bytes, blobs.bytes, previous.bytes, applied.bytes, slots])
        }
    }

    /// The table that `withSections` described; nil when the sections are of another layout.
    package init?(sections: [UnsafeRawBufferPointer]) {
        self.init()
        guard sections.count == Self.sectionCount, read(facts: sections[0]) else { return nil }
        let slotBytes = MemoryLayout<UInt64>.stride
        let capacity = sections[6].count / slotBytes
        guard capacity >= 1 && capacity & (capacity - 1) == 0 && capacity * slotBytes == sections[6].count else { return nil }
        guard sections[4].count == Int(eventCount) * 4 && sections[5].count == devices.devices.count * 4 else { return nil }
        guard sections[1].count >= 1 << CellLayout.unitShift && sections[2].count >= NodeLayout.bytes else { return nil }
        cells.replace(by: sections[1])
        nodes.replace(by: sections[2])
        blobs.replace(by: sections[3])
        previous.replace(by: sections[4])
        applied.replace(by: sections[5])
        index.replace(by: sections[6])
    }

    private func facts() -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [
            Self.layoutVersion, UInt64(eventCount), UInt64(recordCount), UInt64(deadBlobBytes), UInt64(freeNode), latestTime,
            UInt64(devices.devices.count),
        ] { bytes.appendVarint(number) }
        for device in devices.devices { bytes.append(contentsOf: device.bytes) }
        for table in [collections, fields] {
            bytes.appendVarint(table.names.count)
            for name in table.names {
                bytes.append(UInt8(name.utf8.count))
                bytes.append(contentsOf: name.utf8)
            }
        }
        for number in typicalSlots + typicalClock + freeCells { bytes.appendVarint(UInt64(number)) }
        return bytes
    }

    private mutating func read(facts: UnsafeRawBufferPointer) -> Bool {
        var cursor = ByteCursor(facts)
        do throws(BlockError) {
            guard try cursor.varint() == Self.layoutVersion else { return false }
            eventCount = try number(&cursor)
            recordCount = try number(&cursor)
            deadBlobBytes = Int(truncatingIfNeeded: try cursor.varint())
            freeNode = try number(&cursor)
            latestTime = try cursor.varint()
            for _ in 0..<(try cursor.count(unitBytes: 16)) { _ = devices.index(adding: DeviceID(bytes: try cursor.take(16))) }
            for _ in 0..<(try cursor.count(unitBytes: 2)) { _ = collections.index(adding: try cursor.name()) }
            for _ in 0..<(try cursor.count(unitBytes: 2)) { _ = fields.index(adding: try cursor.name()) }
            for _ in collections.names { typicalSlots.append(try number(&cursor)) }
            for _ in collections.names { typicalClock.append(try number(&cursor)) }
            for unit in freeCells.indices { freeCells[unit] = try number(&cursor) }
            return cursor.isAtEnd
        } catch { return false }
    }

    private func number(_ cursor: inout ByteCursor) throws(BlockError) -> UInt32 {
        let start = cursor.offset
        guard let number = UInt32(exactly: try cursor.varint()) else { throw .malformed(offset: start) }
        return number
    }
}
