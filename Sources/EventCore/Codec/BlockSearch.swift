/// Finds the events of blocks that a filter lets through: of a packed block only the columns are read that say it, and none where its names say that there are none.
package struct BlockSearch {
    package let filter: AuditFilter
    private let sections = PackedSections()

    package init(_ filter: AuditFilter) { self.filter = filter }

    /// The numbers in their block of its events that pass, ascending. The block is one of events, and its checksum has been checked.
    package func numbers(in header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [Int] {
        if filter.wantsAll { return Array(0..<Int(header.count)) }
        switch header.encoding {
        case .packed:
            return try numbersInColumns(header, block)
        case .rows:
            var (numbers, number, reader) = ([Int](), 0, try BlockReader(header, block))
            while let row = try reader.next() {
                if filter.passes(row) { numbers.append(number) }
                number += 1
            }
            return numbers
        }
    }

    /// The numbers of all events up to the last of these that are of their records, ascending; of a block of rows all.
    package func numbers(
        ofRecordsOf numbers: [Int], in header: BlockHeader, _ block: UnsafeRawBufferPointer
    ) throws(BlockError) -> [Int] {
        guard let last = numbers.last else { return [] }
        guard header.encoding == .packed, !filter.wantsAll else { return Array(0...last) }
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        let directory = try PackedDirectory(&cursor, eventCount: Int(header.count), deviceCount: names.devices.count)
        try sections.expand(directory, block, [.keyIndexes])
        let keys = IndexColumn(sections[.keyIndexes], below: directory.keyCount)
        let wanted = Set(numbers.map { keys[$0] })
        return (0...last).filter { wanted.contains(keys[$0]) }
    }

    private func numbersInColumns(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [Int] {
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        if let device = filter.device, !names.devices.contains(device) { return [] }
        if let collection = filter.collection, !names.collections.contains(collection) { return [] }
        let count = Int(header.count)
        let directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: names.devices.count)
        if let since = filter.since, directory.latestTime >> 16 < since { return [] }
        let isTimed = filter.since != nil || filter.until != nil
        let needed: [PackedSection?] = [
            filter.kind != nil || filter.criticalOnly ? .flags : nil, filter.device != nil ? .authors : nil,
            isShaped ? .shapes : nil, isShaped ? .shapeIndexes : nil, isTimed ? .times : nil, filter.criticalOnly ? .extras : nil,
        ]
        try sections.expand(directory, block, needed.compactMap(\.self)[...])
        var passing = [Bool](repeating: true, count: count)
        if let kind = filter.kind { narrow(&passing) { sections[.flags][$0] & PackedFlags.kindMask == kind.rawValue } }
        if let device = filter.device {
            let authors = IndexColumn(sections[.authors], below: names.devices.count)
            let wanted = names.devices.firstIndex(of: device)
            narrow(&passing) { authors[$0] == wanted }
        }
        if isShaped {
            let shapes = try PackedShapes(in: sections[.shapes], directory, names).map { isWanted($0, names) }
            guard shapes.contains(true) else { return [] }
            let indexes = IndexColumn(sections[.shapeIndexes], below: shapes.count)
            narrow(&passing) { indexes[$0] < shapes.count && shapes[indexes[$0]] }
        }
        if isTimed {
            var (times, milliseconds) = (ByteCursor(sections[.times]), UInt64(0))
            for number in 0..<count {
                milliseconds = try times.delta(from: milliseconds)
                if !filter.passes(at: milliseconds) { passing[number] = false }
            }
        }
        if filter.criticalOnly {
            let critical = try PackedBlockReader.critical(sections[.flags], sections[.extras])
            narrow(&passing) { critical[$0] }
        }
        return passing.indices.filter { passing[$0] }
    }

    private var isShaped: Bool { filter.collection != nil || filter.field != nil }

    private func isWanted(_ shape: PackedShape, _ names: BlockNames) -> Bool {
        if let collection = filter.collection, names.collections[shape.collection] != collection { return false }
        guard let field = filter.field, !shape.fields.isEmpty else { return true }
        return shape.fields.contains { names.fields[$0] == field }
    }

    private func narrow(_ passing: inout [Bool], _ isWanted: (Int) -> Bool) {
        for number in passing.indices where passing[number] { passing[number] = isWanted(number) }
    }
}

extension PackedBlockReader {
    /// Which events are critical.
    static func critical(_ flags: UnsafeRawBufferPointer, _ extras: UnsafeRawBufferPointer) throws(BlockError) -> [Bool] {
        var extras = ByteCursor(extras)
        var critical: [Bool] = []
        critical.reserveCapacity(flags.count)
        for flags in flags {
            guard flags & PackedFlags.extras != 0 else {
                critical.append(false)
                continue
            }
            let start = extras.offset
            _ = try skipExtras(&extras)
            critical.append(extras.bytes[start] & BlockBuilder.ExtraFlags.critical != 0)
        }
        return critical
    }
}
