/// The table's memory as the sections of a checkpoint, and back.
///
/// Layout: LogFormat.md, "Sections". Sections 1 to 5 are the regions and the index as they are, 6 and 7 the order of the records; section 0 says what they mean. Taking them in costs no look at
/// more than section 0 (`RecordTable+Checking.swift`).
extension RecordTable {
    /// The version of the layout of cells, nodes and section 0. Another one is not read; the log is folded instead.
    private static let layoutVersion: UInt64 = 4
    /// The same without the order of the records, which is sorted then. It is read, too.
    private static let unorderedLayoutVersion: UInt64 = 3

    /// Calls `body` with the sections, in order; they hold during the call. All memory has been checked: what is damaged must not get a new checksum.
    package func withSections<Result>(_ body: ([UnsafeRawBufferPointer]) throws -> Result) rethrows -> Result {
        precondition(isChecked)
        let (order, counts) = sortedOrder()
        let (cells, siblings) = (RecordOrder.bytes(order.cells), RecordOrder.bytes(order.siblings))
        let facts = facts(counts)
        let slots = UnsafeRawBufferPointer(start: index.slots, count: index.capacity * MemoryLayout<UInt64>.stride)
        return try facts.withUnsafeBytes { facts in
            try cells.withUnsafeBytes { cells in
                try siblings.withUnsafeBytes { siblings in
                    try body([
                        facts, regions.cells.bytes, regions.nodes.bytes, regions.blobs.bytes, regions.previous.bytes, slots, cells,
                        siblings,
                    ])
                }
            }
        }
    }

    /// The table whose `withSections` a checkpoint holds; nil when it is of another layout or damaged where it was looked at.
    ///
    /// `source` begins with the table's sections. It is asked later about the rest.
    package init?(adopting source: some StoredSections) {
        self.init()
        let sizes = source.sizesBytes
        guard sizes.count > Section.index.rawValue, let facts = source.bytes(of: Section.facts.rawValue),
            let counts = facts.withUnsafeBytes({ read(facts: $0) })
        else { return nil }
        adoptedSectionCount = counts.isOrdered ? Section.allCases.count : Section.order.rawValue
        guard sizes.count >= adoptedSectionCount else { return nil }
        func size(_ section: Section) -> Int { sizes[section.rawValue] }
        let slotBytes = MemoryLayout<UInt64>.stride
        let capacity = size(.index) / slotBytes
        guard capacity >= 4 && capacity & (capacity - 1) == 0 && capacity * slotBytes == size(.index) else { return nil }
        guard size(.previous) == Int(eventCount) * 4 else { return nil }
        guard size(.cells) >= Cell.headerBytes && size(.nodes) >= Node.bytes else { return nil }
        guard regions.cells.adopt(size(.cells), { source.place(Section.cells.rawValue, in: $0) }),
            regions.nodes.adopt(size(.nodes), { source.place(Section.nodes.rawValue, in: $0) }),
            regions.blobs.adopt(size(.blobs), { source.place(Section.blobs.rawValue, in: $0) }),
            regions.previous.adopt(size(.previous), { source.place(Section.previous.rawValue, in: $0) }),
            index.adopt(capacity, { source.place(Section.index.rawValue, in: $0) })
        else { return nil }
        if counts.isOrdered { order = RecordOrder(source, counts.counts, end: UInt64(eventCount)) }
        unchecked = UncheckedMemory(source: source, lanes: lanes, preparedEnd: UInt64(eventCount))
        lanes = InlineArray(repeating: LaneMemory(firstChunkBytes: 4 * 1024))
    }

    private func facts(_ counts: [RecordOrder.Counts]) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [Self.layoutVersion, UInt64(eventCount), UInt64(halfCounts.0), UInt64(halfCounts.1), latestTime] {
            bytes.appendVarint(number)
        }
        bytes.appendVarint(devices.devices.count)
        for device in devices.devices { bytes.append(contentsOf: device.bytes) }
        for seq in applied { bytes.appendVarint(UInt64(seq)) }
        collections.append(to: &bytes)
        fields.append(to: &bytes)
        for schema in schemas {
            for number in [UInt64(schema.fields.count), schema.typicalLayout, UInt64(schema.typicalClock)] { bytes.appendVarint(number) }
            for field in schema.fields { bytes.appendVarint(UInt64(field)) }
        }
        for lane in 0..<lanes.count { for number in lanes[lane].numbers { bytes.appendVarint(number) } }
        for count in counts { for number in [count.records, count.siblings, count.contested] { bytes.appendVarint(number) } }
        return bytes
    }

    /// Returns how many records collections have, where the layout says it; nil for another layout.
    private mutating func read(facts: UnsafeRawBufferPointer) -> (isOrdered: Bool, counts: [RecordOrder.Counts])? {
        var cursor = ByteCursor(facts)
        do throws(BlockError) {
            let layout = try cursor.varint()
            guard layout == Self.layoutVersion || layout == Self.unorderedLayoutVersion else { return nil }
            eventCount = try number(&cursor)
            halfCounts.0 = Int(try number(&cursor))
            halfCounts.1 = Int(try number(&cursor))
            latestTime = try cursor.varint()
            for _ in 0..<(try cursor.count(unitBytes: 16)) { _ = devices.index(adding: DeviceID(bytes: try cursor.take(16))) }
            for _ in devices.devices { applied.append(try number(&cursor)) }
            for _ in 0..<(try cursor.count(unitBytes: 2)) { _ = collections.index(adding: try cursor.name()) }
            for _ in 0..<(try cursor.count(unitBytes: 2)) { _ = fields.index(adding: try cursor.name()) }
            for _ in collections.names { schemas.append(try schema(&cursor)) }
            for lane in 0..<lanes.count {
                var numbers: [UInt64] = []
                for _ in 0..<LaneMemory.numberCount { numbers.append(try cursor.varint()) }
                lanes[lane].restore(numbers)
            }
            let isOrdered = layout == Self.layoutVersion
            var counts: [RecordOrder.Counts] = []
            for _ in collections.names where isOrdered {
                let (records, siblings, contested) = (try number(&cursor), try number(&cursor), try number(&cursor))
                counts.append(RecordOrder.Counts(records: Int(records), siblings: Int(siblings), contested: Int(contested)))
            }
            return cursor.isAtEnd ? (isOrdered, counts) : nil
        } catch { return nil }
    }

    private func schema(_ cursor: inout ByteCursor) throws(BlockError) -> Schema {
        let count = try cursor.count()
        let (layout, clock) = (try cursor.varint(), try cursor.varint())
        var numbers: [UInt32] = []
        for _ in 0..<count { numbers.append(try number(&cursor)) }
        return Schema(fields: numbers, typicalLayout: layout, typicalClock: Int(truncatingIfNeeded: clock))
    }

    private func number(_ cursor: inout ByteCursor) throws(BlockError) -> UInt32 {
        let start = cursor.offset
        guard let number = UInt32(exactly: try cursor.varint()) else { throw .malformed(offset: start) }
        return number
    }
}
