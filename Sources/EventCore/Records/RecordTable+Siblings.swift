/// Records with siblings, found by their nodes: in time proportional to these records, not to all.
extension RecordTable {
    /// Bytes of nodes, in use or not: says how long looking for conflicts takes.
    package var nodeBytes: Int { memory(.nodes).count }

    /// The places of all records with siblings that `isWanted`, in the order of memory. What they name may be followed.
    package func placesWithSiblings(_ isWanted: (Place) -> Bool) throws(CheckpointDamage) -> [Place] {
        let view = view
        try check(.nodes, 0, nodeBytes)
        var cells: [UInt32] = []
        for index in 1..<max(1, nodeBytes / Node.bytes) {
            let node = view.node(UInt32(index))
            if !node.isFree { cells.append(node.cell) }
        }
        cells.sort()
        var places: [Place] = []
        for (index, cell) in cells.enumerated() where index == 0 || cell != cells[index - 1] {
            if index + Self.cellsAhead < cells.count {
                let next = view.cell(cells[index + Self.cellsAhead]).base
                for line in 0..<4 { prefetch(next + line * 64) }
            }
            try checkRecord(cell)
            if isWanted(Place(cell: cell)) { places.append(Place(cell: cell)) }
        }
        return places
    }

    private static var cellsAhead: Int { 24 }

    /// Whether the record is in conflict: a field holds entries that differ, or a tombstone and a live value stand side by side. Looks at no event.
    package func isContested(at place: Place) -> Bool {
        let (view, cell) = (view, view.cell(place.cell))
        var entries: [(field: UInt32, slot: Slot)] = []
        var isDeleted = false
        view.forEachNode(cell) { node in
            if node.isOf(.entry) { entries.append((node.field, node.slot)) }
            if node.isOf(.tombstone) { isDeleted = true }
        }
        guard isDeleted || !entries.isEmpty else { return false }
        let fields = schemas[Int(cell.collection)].fields
        var hasValue = entries.contains { !$0.slot.isRemoved }
        var isContested = false
        view.forEachSlot(cell) { place, slot in
            let field = fields[place.trailingZeroBitCount]
            if !slot.isRemoved { hasValue = true }
            if entries.contains(where: { $0.field == field && !slot.holdsSame(as: $0.slot, blobs: view.blobs) }) { isContested = true }
        }
        for (index, entry) in entries.enumerated() where !isContested {
            isContested = entries[..<index].contains { $0.field == entry.field && !$0.slot.holdsSame(as: entry.slot, blobs: view.blobs) }
        }
        return isContested || isDeleted && hasValue
    }

    /// Whether the entries of a field may differ, and a device may have written one that stands against others, as far as nodes tell; nil is any. A delete may stand against whatever the record has,
    /// and of several entries by one device, which only an undo makes, each may be any device's.
    package func mayContest(_ field: Name?, _ device: DeviceID?, at place: Place) -> Bool {
        let (view, cell) = (view, view.cell(place.cell))
        let (fieldNumber, deviceNumber) = (field.flatMap { fields.index(of: $0) }, device.flatMap { devices.index(of: $0) })
        var (isOfField, isOfDevice, isDeleted) = (field == nil, device == nil, false)
        view.forEachNode(cell) { node in
            if node.isOf(.tombstone) { isDeleted = true }
            guard node.isOf(.entry) else { return }
            if node.field == fieldNumber { isOfField = true }
            if node.slot.device == deviceNumber { isOfDevice = true }
        }
        view.forEachSlot(cell) { _, slot in if slot.device == deviceNumber { isOfDevice = true } }
        return isDeleted || isOfField && (isOfDevice || hasSidesOfOneDevice(cell, view))
    }

    /// Whether a device has several sides in the fields that have more than one entry.
    private func hasSidesOfOneDevice(_ cell: Cell, _ view: TableView) -> Bool {
        var (entries, contested): ([Slot], [UInt32]) = ([], [])
        view.forEachNode(cell) { node in
            guard node.isOf(.entry) else { return }
            entries.append(node.slot)
            contested.append(node.field)
        }
        let places = schemas[Int(cell.collection)].fields
        view.forEachSlot(cell) { place, slot in if contested.contains(places[place.trailingZeroBitCount]) { entries.append(slot) } }
        return entries.indices.contains { index in
            entries[..<index].contains { $0.device == entries[index].device && $0.seq != entries[index].seq }
        }
    }

    /// Whether there are events of the record that did not see each other, and that nobody has seen.
    package func hasSeveralHeads(at place: Place) -> Bool {
        var isFound = false
        view.forEachNode(view.cell(place.cell)) { if $0.isOf(.head) { isFound = true } }
        return isFound
    }

    /// The collection of the record.
    package func collection(at place: Place) -> Name { collections.names[Int(view.cell(place.cell).collection)] }
}

extension Slot {
    var isRemoved: Bool { tag == ValueCode.removedTag }

    /// Whether both hold one value: equal values have one code.
    func holdsSame(as other: Slot, blobs: UnsafeMutableRawPointer) -> Bool {
        guard tag == other.tag else { return false }
        guard isBlob else { return sameBytes(payload, other.payload, inlineCount) }
        return blobLength == other.blobLength && sameBytes(blobs + blobOffset, blobs + other.blobOffset, blobLength)
    }

    /// Bytes of a payload that lies in the slot.
    private var inlineCount: Int { tag >> 5 == ValueCode.special ? 0 : Int(tag & 31) }
}

extension RecordTable {
    /// The fields that events of a collection have written; nil where there are so many that not all have a place.
    package func fieldNames(of collection: Name) -> [Name]? {
        guard let number = collections.index(of: collection) else { return [] }
        let schema = schemas[Int(number)]
        return schema.fields.count < Cell.placeLimit ? schema.fields.map { fields.names[Int($0)] } : nil
    }
}
