/// What an event is asked for by.
package enum EventTrait: Hashable, Sendable {
    case kind(EventKind)
    case critical
    case delete
    case device(DeviceID)
    case collection(Name)
    /// It writes the field.
    case field(Name)
}

extension BlockReader.Row {
    /// What it is asked for by.
    package var traits: [EventTrait] {
        var traits: [EventTrait] = [.kind(kind), .device(dot.device), .collection(key.collection)]
        if isCritical { traits.append(.critical) }
        switch body {
        case .delete: traits.append(.delete)
        case .write(let set, let unset): traits += (set.map(\.field) + unset).map { .field($0) }
        }
        return traits
    }
}

/// Between which times a block's events were written, and how many have which traits.
package struct BlockOutline: Hashable, Sendable {
    /// Milliseconds since 1970.
    package let times: ClosedRange<UInt64>
    package let counts: [EventTrait: Int]

    package init(times: ClosedRange<UInt64>, counts: [EventTrait: Int]) { (self.times, self.counts) = (times, counts) }
}

/// Finds that of blocks: of a packed block only the columns are read that say it.
package struct BlockOutlines {
    private let sections = PackedSections()

    package init() {}

    /// The outline of a block of events whose checksum has been checked.
    package func outline(of header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> BlockOutline {
        switch header.encoding {
        case .packed: try outlineOfColumns(header, block)
        case .rows: try outlineOfRows(header, block)
        }
    }

    private func outlineOfRows(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> BlockOutline {
        var (times, counts, reader) = (Bounds(), [EventTrait: Int](), try BlockReader(header, block))
        while let row = try reader.next() {
            times.add(row.time.milliseconds)
            for trait in row.traits { counts[trait, default: 0] += 1 }
        }
        return BlockOutline(times: times.range, counts: counts)
    }

    private func outlineOfColumns(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> BlockOutline {
        let count = Int(header.count)
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        let directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: names.devices.count)
        try sections.expand(directory, block, [.flags, .authors, .shapes, .shapeIndexes, .times, .extras])
        let shapes = try PackedShapes(in: sections[.shapes], directory, names)
        let authors = IndexColumn(sections[.authors], below: names.devices.count)
        let shapeIndexes = IndexColumn(sections[.shapeIndexes], below: shapes.count)
        var (times, column, milliseconds) = (Bounds(), ByteCursor(sections[.times]), UInt64(0))
        var kinds = [Int](repeating: 0, count: Int(PackedFlags.kindMask) + 1)
        var (byDevice, byShape) = ([Int](repeating: 0, count: names.devices.count), [Int](repeating: 0, count: shapes.count))
        for number in 0..<count {
            milliseconds = try column.delta(from: milliseconds)
            times.add(milliseconds)
            let (author, shape) = (authors[number], shapeIndexes[number])
            guard author < byDevice.count, shape < byShape.count else { throw .malformed(offset: directory[.authors].offset) }
            kinds[Int(sections[.flags][number] & PackedFlags.kindMask)] += 1
            byDevice[author] += 1
            byShape[shape] += 1
        }
        var counts: [EventTrait: Int] = [:]
        func add(_ count: Int, _ trait: EventTrait) { if count > 0 { counts[trait, default: 0] += count } }
        for kind in EventKind.allCases { add(kinds[Int(kind.rawValue)], .kind(kind)) }
        for (device, count) in zip(names.devices, byDevice) { add(count, .device(device)) }
        for (shape, count) in zip(shapes, byShape) {
            add(count, .collection(names.collections[shape.collection]))
            if shape.fields.isEmpty { add(count, .delete) }
            for field in shape.fields { add(count, .field(names.fields[field])) }
        }
        add(try PackedBlockReader.critical(sections[.flags], sections[.extras]).count { $0 }, .critical)
        return BlockOutline(times: times.range, counts: counts)
    }

    private struct Bounds {
        private var earliest = UInt64.max
        private var latest: UInt64 = 0

        mutating func add(_ time: UInt64) { (earliest, latest) = (min(earliest, time), max(latest, time)) }

        var range: ClosedRange<UInt64> { min(earliest, latest)...latest }
    }
}
