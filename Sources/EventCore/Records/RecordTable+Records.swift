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
        let base = pointer(place.cell)
        let count = Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self))
        return (
            base.load(fromByteOffset: CellLayout.collection, as: UInt32.self),
            UnsafeRawBufferPointer(start: base + CellLayout.headerBytes, count: count)
        )
    }

    /// Whether the record has more than one head, entry a field, or a tombstone: the only ones that can be in conflict.
    package func hasSiblings(at place: Place) -> Bool { pointer(place.cell).load(fromByteOffset: CellLayout.extra, as: UInt32.self) != 0 }

    /// The positions of the record's events, newest first.
    package func history(at place: Place) throws(CheckpointDamage) -> [Position] {
        var positions: [Position] = []
        var next = pointer(place.cell).load(fromByteOffset: CellLayout.lastPosition, as: UInt32.self)
        while next != Self.noPosition {
            positions.append(Position(UInt64(next)))
            try check(.previous, Int(next) * 4, 4)
            next = previous.base.load(fromByteOffset: Int(next) * 4, as: UInt32.self)
        }
        return positions
    }

    /// The record's clock.
    package func clock(at place: Place) -> VersionVector {
        let base = pointer(place.cell)
        let clock = base + CellLayout.clockOffset(keyLength: Int(base.load(fromByteOffset: CellLayout.keyLength, as: UInt8.self)))
        return VersionVector(
            (0..<Int(base.load(fromByteOffset: CellLayout.clockCount, as: UInt32.self))).map { entry in
                dot(
                    clock.load(fromByteOffset: entry * CellLayout.clockEntryBytes, as: UInt32.self),
                    clock.load(fromByteOffset: entry * CellLayout.clockEntryBytes + 4, as: UInt32.self))
            })
    }

    /// The record's heads, sorted.
    package func heads(at place: Place) -> [Dot] {
        let base = pointer(place.cell)
        let first = dot(
            base.load(fromByteOffset: CellLayout.headDevice, as: UInt32.self),
            base.load(fromByteOffset: CellLayout.headSeq, as: UInt32.self))
        return (dots(NodeLayout.head, at: place) + [first]).sorted()
    }

    /// How a row writes a context that is the record's clock.
    package func clockForm(at place: Place) -> ContextForm {
        let isExact = pointer(place.cell).load(fromByteOffset: CellLayout.flags, as: UInt8.self) & CellLayout.inexactFlag == 0
        return isExact ? .heads(heads(at: place)) : .whole(clock(at: place))
    }

    /// The record as a value, without times.
    package func record(at place: Place) throws(BlockError) -> Record {
        let base = pointer(place.cell)
        let first = slots(base)
        var versions: [(field: UInt32, version: Version)] = []
        for slot in 0..<Int(base.load(fromByteOffset: CellLayout.slotCount, as: UInt32.self)) {
            versions.append(try version(first + slot * CellLayout.slotBytes))
        }
        let slotCount = versions.count
        var siblings: [UnsafeMutableRawPointer] = []
        forEachNode(place.cell) { node in
            if node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == NodeLayout.entry { siblings.append(node + NodeLayout.slot) }
        }
        for sibling in siblings { versions.append(try version(sibling)) }
        let fields = versions[..<slotCount].map { slot in
            RecordField(
                field: self.fields.names[Int(slot.field)],
                versions: siblings.isEmpty
                    ? [slot.version] : versions.filter { $0.field == slot.field }.map(\.version).sorted { $0.dot < $1.dot })
        }
        return Record(
            key: key(at: place), clock: clock(at: place), heads: heads(at: place),
            tombstones: dots(NodeLayout.tombstone, at: place).sorted(),
            fields: fields.sorted { $0.field < $1.field })
    }

    private func version(_ slot: UnsafeRawPointer) throws(BlockError) -> (field: UInt32, version: Version) {
        let (device, seq) = Self.dot(slot)
        return (
            slot.load(fromByteOffset: CellLayout.slotField, as: UInt32.self), Version(dot: dot(device, seq), value: try value(slot))
        )
    }

    private func value(_ slot: UnsafeRawPointer) throws(BlockError) -> FieldValue? {
        let tag = slot.load(fromByteOffset: CellLayout.slotTag, as: UInt8.self)
        guard let (offset, length) = Self.blob(slot) else {
            return try ValueCode.value(
                tag: tag, payload: UnsafeRawBufferPointer(start: slot + CellLayout.slotPayload, count: Int(tag & 31)))
        }
        return try ValueCode.value(tag: tag, payload: UnsafeRawBufferPointer(start: blobs.base + offset, count: length))
    }

    /// Where the slot's payload lies in the blob region; nil when the slot holds it itself.
    static func blob(_ slot: UnsafeRawPointer) -> (offset: Int, length: Int)? {
        guard slot.load(fromByteOffset: CellLayout.slotTag, as: UInt8.self) & 31 == ValueCode.longLength else { return nil }
        let payload = slot + CellLayout.slotPayload
        return (Int(payload.loadUnaligned(as: UInt64.self)), Int(payload.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    }

    private func dots(_ kind: UInt32, at place: Place) -> [Dot] {
        var dots: [Dot] = []
        forEachNode(place.cell) { node in
            guard node.load(fromByteOffset: NodeLayout.kind, as: UInt32.self) == kind else { return }
            let (device, seq) = Self.dot(node + NodeLayout.slot)
            dots.append(dot(device, seq))
        }
        return dots
    }

    private func dot(_ device: UInt32, _ seq: UInt32) -> Dot { Dot(device: devices.devices[Int(device)], seq: UInt64(seq)) }
}
