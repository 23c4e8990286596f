/// The table's memory as the sections of a checkpoint, and back.
///
/// Layout: LogFormat.md, "Sections". Sections 1 to 6 are the regions and the index as they are; section 0 says what they mean. Taking them in costs no look at
/// more than section 0 and the devices' seqs (`RecordTable+Checking.swift`).
extension RecordTable {
    /// The version of the layout of cells, nodes and section 0. Another one is not read; the log is folded instead.
    private static let layoutVersion: UInt64 = 1
    package static let sectionCount = Section.allCases.count

    /// Calls `body` with the sections, in order; they hold during the call. All memory has been checked: what is damaged must not get a new checksum.
    package func withSections<Result>(_ body: ([UnsafeRawBufferPointer]) throws -> Result) rethrows -> Result {
        precondition(isChecked)
        let facts = facts()
        let slots = UnsafeRawBufferPointer(start: index.slots, count: index.capacity * MemoryLayout<UInt64>.stride)
        return try facts.withUnsafeBytes { facts in
            try body([facts, cells.bytes, nodes.bytes, blobs.bytes, previous.bytes, applied.bytes, slots])
        }
    }

    /// The table whose `withSections` a checkpoint holds; nil when it is of another layout or damaged where it was looked at.
    ///
    /// `source` begins with the table's sections. It is asked later about the rest.
    package init?(adopting source: some StoredSections) {
        self.init()
        let sizes = source.sizesBytes
        guard sizes.count >= Self.sectionCount, let facts = source.bytes(of: Section.facts.rawValue),
            facts.withUnsafeBytes({ read(facts: $0) }), let seqs = source.bytes(of: Section.applied.rawValue)
        else { return nil }
        func size(_ section: Section) -> Int { sizes[section.rawValue] }
        let capacity = size(.index) / MemoryLayout<UInt64>.stride
        guard capacity >= 1 && capacity & (capacity - 1) == 0 && capacity * MemoryLayout<UInt64>.stride == size(.index) else { return nil }
        guard size(.previous) == Int(eventCount) * 4 && seqs.count == devices.devices.count * 4 else { return nil }
        guard size(.cells) >= 1 << CellLayout.unitShift && size(.nodes) >= NodeLayout.bytes else { return nil }
        guard cells.adopt(size(.cells), { source.place(Section.cells.rawValue, in: $0) }),
            nodes.adopt(size(.nodes), { source.place(Section.nodes.rawValue, in: $0) }),
            blobs.adopt(size(.blobs), { source.place(Section.blobs.rawValue, in: $0) }),
            previous.adopt(size(.previous), { source.place(Section.previous.rawValue, in: $0) }),
            index.adopt(capacity, { source.place(Section.index.rawValue, in: $0) }),
            applied.adopt(
                seqs.count,
                { memory in
                    memory.copyBytes(from: seqs)
                    return true
                })
        else { return nil }
        unchecked = UncheckedMemory(source: source, freeCells: freeCells, freeNode: freeNode, preparedEnd: UInt64(eventCount))
        freeCells = [UInt32](repeating: 0, count: Self.freeClassCount)
        freeNode = 0
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
