/// Reading records out of the table as values.
extension RecordTable {
    /// A record's place in the table, valid until the next fold.
    package struct Place: Hashable, Sendable {
        let cell: UInt32
    }

    /// Where the record is; nil when it has no event.
    package func place(of key: RecordKey) throws(CheckpointDamage) -> Place? {
        guard let collection = collections.index(of: key.collection) else { return nil }
        let found = key.record.utf8.withUnsafeBytes { bytes -> Result<UInt32, CheckpointDamage> in
            guard let base = bytes.baseAddress else { return .success(0) }
            let hash = keyHash(base, bytes.count, collection: collection)
            return Result { () throws(CheckpointDamage) in try checkedFind(base, bytes.count, collection: collection, hash: hash) }
        }
        let cell = try found.get()
        return cell == 0 ? nil : Place(cell: cell)
    }

    /// Calls `body` with every record's place, in no particular order, until it returns false. All memory has been checked.
    package func forEachPlace(_ body: (Place) throws -> Bool) rethrows {
        precondition(isChecked)
        try forEachCell { try body(Place(cell: $0)) }
    }

    /// The key of the record.
    package func key(at place: Place) -> RecordKey {
        let (collection, record) = keyBytes(at: place)
        return RecordKey(collection: collections.names[Int(collection)], record: Name(unchecked: Array(record)))
    }

    /// The record's collection and the bytes of its id, where they lie.
    func keyBytes(at place: Place) -> (collection: UInt32, record: UnsafeRawBufferPointer) {
        let cell = view.cell(place.cell)
        return (cell.collection, UnsafeRawBufferPointer(start: cell.key, count: cell.keyLength))
    }

    /// Whether the record may have more than one head, entry a field, or a tombstone: the only ones that can be in conflict.
    package func hasSiblings(at place: Place) -> Bool { view.cell(place.cell).extra != 0 }

    /// The positions of the record's events, newest first.
    package func history(at place: Place) throws(CheckpointDamage) -> [Position] {
        var positions: [Position] = []
        var next: Position? = newestPosition(at: place)
        while let position = next {
            positions.append(position)
            next = try self.position(before: position)
        }
        return positions
    }

    /// The position of the record's newest event.
    package func newestPosition(at place: Place) -> Position { Position(UInt64(view.cell(place.cell).lastPosition)) }

    /// The position of the event before this one of its record; nil for the first.
    package func position(before position: Position) throws(CheckpointDamage) -> Position? {
        try check(.previous, Int(position.index) * 4, 4)
        let before = view.previous.load(fromByteOffset: Int(position.index) * 4, as: UInt32.self)
        return before == Self.noPosition ? nil : Position(UInt64(before))
    }

    /// The record's clock.
    package func clock(at place: Place) -> VersionVector {
        let cell = view.cell(place.cell)
        return VersionVector((0..<cell.clockCount).map { dot(cell.clockDevice($0), cell.clockSeq($0)) })
    }

    /// The record's heads, sorted.
    package func heads(at place: Place) -> [Dot] {
        let cell = view.cell(place.cell)
        let newest = dot(cell.headDevice, cell.headSeq)
        return cell.extra == 0 ? [newest] : (dots(.head, at: place) + [newest]).sorted()
    }

    /// How a row writes a context that is the record's clock.
    package func clockForm(at place: Place) -> ContextForm {
        view.cell(place.cell).isInexact ? .whole(clock(at: place)) : .heads(heads(at: place))
    }

    /// The record as a value, without times.
    package func record(at place: Place) throws(BlockError) -> Record {
        let (view, cell) = (view, view.cell(place.cell))
        let places = schemas[Int(cell.collection)].fields
        var slots: [(field: UInt32, slot: Slot)] = []
        view.forEachSlot(cell) { slots.append((places[$0.trailingZeroBitCount], $1)) }
        view.forEachNode(cell) { if $0.isOf(.entry) { slots.append(($0.field, $0.slot)) } }
        var fields: [RecordField] = []
        fields.reserveCapacity(slots.count)
        if cell.extra == 0 {
            for (field, slot) in slots { fields.append(RecordField(field: self.fields.names[Int(field)], versions: [try version(slot)])) }
        } else {
            var versions: [UInt32: [Version]] = [:]
            for (field, slot) in slots { versions[field, default: []].append(try version(slot)) }
            fields += versions.map { RecordField(field: self.fields.names[Int($0)], versions: $1.sorted { $0.dot < $1.dot }) }
        }
        return Record(
            key: key(at: place), clock: clock(at: place), heads: heads(at: place), tombstones: dots(.tombstone, at: place).sorted(),
            fields: fields.sorted { $0.field < $1.field })
    }

    private func version(_ slot: Slot) throws(BlockError) -> Version {
        Version(dot: dot(slot.device, slot.seq), value: try value(slot))
    }

    private func value(_ slot: Slot) throws(BlockError) -> FieldValue? {
        guard slot.isBlob else {
            return try ValueCode.value(tag: slot.tag, payload: UnsafeRawBufferPointer(start: slot.payload, count: Int(slot.tag & 31)))
        }
        return try ValueCode.value(
            tag: slot.tag, payload: UnsafeRawBufferPointer(start: view.blobs + slot.blobOffset, count: slot.blobLength))
    }

    private func dots(_ kind: Node.Kind, at place: Place) -> [Dot] {
        var dots: [Dot] = []
        view.forEachNode(view.cell(place.cell)) { if $0.isOf(kind) { dots.append(dot($0.slot.device, $0.slot.seq)) } }
        return dots
    }

    private func dot(_ device: UInt32, _ seq: UInt32) -> Dot { Dot(device: devices.devices[Int(device)], seq: UInt64(seq)) }
}
