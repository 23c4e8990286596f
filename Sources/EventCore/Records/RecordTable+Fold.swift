extension RecordTable {
    /// Bytes that must be readable behind a block's end: reads are checked once a row's part, not once a byte.
    package static let slackBytes = 64

    /// Folds a block of events whose checksum has been checked: its names are mapped to the table's numbers, its events decoded, its records looked
    /// up, its events applied, each step asking for the memory that the next one touches.
    ///
    /// Semantics: "The fold" in Sources/README.md. Total on any bytes: what is not a block is refused, never trusted. After an error the table is of no use.
    ///
    /// - Parameter limit: stop after so many events.
    /// - Throws: `.malformed` when an event is not well-formed, does not continue its device's seq, or names heads that the record does not have.
    package mutating func fold(
        _ header: BlockHeader, _ block: UnsafeRawBufferPointer, limit: UInt32 = .max
    ) throws(BlockError) {
        precondition(header.kind == .events)
        self.block.pointee.begin(isShared: false)
        let names = try mapNames(header, block, into: self.block)
        try Self.decode(header, block, names, limit, into: self.block)
        try admit(self.block)
        makeRoom(halfCounts: self.block.pointee.halfCounts)
        var lane = lane(0)
        lane.findKeys(self.block.pointee, 0)
        let isApplied = lane.apply(self.block.pointee, 0)
        takeBack(lane, 0)
        guard isApplied else { throw .malformed(offset: BlockHeader.sizeBytes) }
    }

    // MARK: - Steps

    /// Maps the block's devices, collections and fields to the table's numbers; returns the offset behind them.
    mutating func mapNames(
        _ header: BlockHeader, _ bytes: UnsafeRawBufferPointer, into decoded: UnsafeMutablePointer<DecodedBlock>
    ) throws(BlockError) -> Int {
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: bytes[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        decoded.pointee.deviceCount = try cursor.count(unitBytes: 18)
        decoded.pointee.devices.reserve(decoded.pointee.deviceCount)
        for number in 0..<decoded.pointee.deviceCount {
            let id = DeviceID(bytes: try cursor.take(16))
            let start = cursor.offset
            let base = try cursor.varint()
            _ = try cursor.varint()
            guard base <= Limits.foldedSeq else { throw .malformed(offset: start) }
            decoded.pointee.devices.base[number] = DecodedDevice(number: devices.index(adding: id), running: UInt32(base))
        }
        guard devices.devices.count < capacity.numbers else { throw .malformed(offset: BlockHeader.sizeBytes) }
        while applied.count < devices.devices.count { applied.append(0) }
        decoded.pointee.collectionCount = try cursor.count(unitBytes: 2)
        decoded.pointee.collections.reserve(decoded.pointee.collectionCount)
        for number in 0..<decoded.pointee.collectionCount {
            decoded.pointee.collections.base[number] = try collections.index(adding: &cursor)
        }
        guard collections.names.count < capacity.numbers else { throw .malformed(offset: BlockHeader.sizeBytes) }
        while schemas.count < collections.names.count { schemas.append(Schema()) }
        decoded.pointee.fieldCount = try cursor.count(unitBytes: 2)
        decoded.pointee.fields.reserve(decoded.pointee.fieldCount)
        decoded.pointee.places.reserve(decoded.pointee.fieldCount)
        for number in 0..<decoded.pointee.fieldCount { decoded.pointee.fields.base[number] = try fields.index(adding: &cursor) }
        return cursor.offset
    }

    /// Decodes the block's events; touches nothing of the table.
    static func decode(
        _ header: BlockHeader, _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ limit: UInt32,
        into block: UnsafeMutablePointer<DecodedBlock>
    ) throws(BlockError) {
        var cursor = ByteCursor(
            UnsafeRawBufferPointer(rebasing: bytes[..<header.blockBytes]), at: offset)
        switch header.encoding {
        case .packed:
            let directory = try PackedDirectory(&cursor, eventCount: Int(header.count), deviceCount: block.pointee.deviceCount)
            try block.pointee.decodePacked(directory, Int(header.count), bytes)
            if limit < header.count { block.pointee.stop(after: Int(limit)) }
        case .rows:
            guard let base = bytes.baseAddress else { preconditionFailure("a header was read from it") }
            var at = base + cursor.offset
            let end = base + header.blockBytes
            guard block.pointee.decodeRows(Int(min(limit, header.count)), &at, end), at == end || limit < header.count else {
                throw .malformed(offset: at - base)
            }
        }
    }

    /// Checks that the block's events go on where the table ends, and makes room for them.
    mutating func admit(_ block: UnsafeMutablePointer<DecodedBlock>) throws(BlockError) {
        guard UInt64(eventCount) + UInt64(block.pointee.rowCount) <= capacity.events else { throw .malformed(offset: 12) }
        precondition(isPrepared(toFold: UInt32(block.pointee.rowCount)))
        for number in 0..<block.pointee.deviceCount {
            let device = block.pointee.devices.base[number]
            guard device.firstSeq != 0 else { continue }
            let last = applied[Int(device.number)]
            guard isGapless ? device.isGapless && device.firstSeq == last + 1 : device.firstSeq > last else {
                throw .malformed(offset: BlockHeader.sizeBytes)
            }
            applied[Int(device.number)] = device.running
        }
        resolveShapes(block)
        block.pointee.position = eventCount
        eventCount += UInt32(block.pointee.rowCount)
        latestTime = max(latestTime, block.pointee.latestTime)
        _ = regions.previous.grow(by: block.pointee.rowCount * 4)
    }

    /// Sees to it that the index holds so many records more in each half.
    mutating func makeRoom(halfCounts more: (Int, Int)) {
        index.grow(holding: (halfCounts.0 + more.0, halfCounts.1 + more.1))
    }

    /// Finds the places of the fields that the block's events write.
    private mutating func resolveShapes(_ block: UnsafeMutablePointer<DecodedBlock>) {
        let places = block.pointee.places.base
        var placesOf: UInt32?
        for shape in 0..<block.pointee.shapeCount {
            let shape = block.pointee.shapes.base + shape
            let collection = Int(shape.pointee.collection)
            if placesOf != shape.pointee.collection {
                places.initialize(repeating: DecodedBlock.unknownPlace, count: block.pointee.fieldCount)
                placesOf = shape.pointee.collection
            }
            for index in Int(shape.pointee.first)..<Int(shape.pointee.first + shape.pointee.count) {
                let number = Int(block.pointee.shapeFields.base[index].number)
                if places[number] == DecodedBlock.unknownPlace {
                    places[number] = schemas[collection].place(adding: block.pointee.shapeFields.base[index].field)
                }
                let place = places[number]
                block.pointee.shapeFields.base[index].place = place
                block.pointee.shapeFields.base[index].number = UInt32(truncatingIfNeeded: place.trailingZeroBitCount)
                shape.pointee.places |= place
                if place == 0 { shape.pointee.hasOverflow = true }
            }
        }
        typical.reserve(schemas.count, keeping: min(schemas.count, typical.capacity))
        for collection in 0..<block.pointee.collectionCount {
            let number = Int(block.pointee.collections.base[collection])
            typical.base[number] = schemas[number].typical
        }
    }

    // MARK: - Lanes

    func lane(_ number: Int) -> FoldLane {
        FoldLane(
            view: view, memory: lanes[number], typical: UnsafePointer(typical.base), links: view.previous, regions: regions,
            watch: watches.isEmpty ? nil : watches[number])
    }

    /// Takes over the links of so many events from `position` on, of which two lanes have some each and 0 elsewhere.
    func setLinks(from position: UInt32, _ count: Int, _ first: UnsafePointer<UInt32>, _ second: UnsafePointer<UInt32>) {
        let links = (view.previous + Int(position) * 4).assumingMemoryBound(to: UInt32.self)
        for row in 0..<count { links[row] = first[row] | second[row] }
    }

    mutating func takeBack(_ lane: FoldLane, _ number: Int) {
        lanes[number] = lane.memory
        halfCounts.0 += lane.added.0
        halfCounts.1 += lane.added.1
        for cell in lane.outgrown { schemas[Int(cell.collection)].learn(layout: cell.layout, clock: cell.clock) }
    }
}
