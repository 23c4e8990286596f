/// A field with a value, as the records of a table hold it: for looking through many records without making values of them.
package struct SoughtValue {
    fileprivate let field: UInt32
    /// By collection the field's place, 0 where it has none.
    fileprivate let places: [UInt64]
    /// As a slot has it.
    fileprivate let tag: UInt8
    fileprivate let payload: [UInt8]
}

extension RecordTable {
    /// What `places(holding:in:orWithSiblingsIn:progress:)` looks for; nil when no record has ever had the field.
    package func sought(_ write: FieldWrite) -> SoughtValue? {
        guard let field = fields.index(of: write.field) else { return nil }
        var code: [UInt8] = []
        ValueCode.append(write.value, to: &code)
        var (tag, payload) = (code[0], Array(code.dropFirst()))
        if tag >> 5 != ValueCode.special {
            if tag & 31 == ValueCode.longLength { payload = Array(payload.drop { $0 & 0x80 != 0 }.dropFirst()) }
            tag = tag & 0xE0 | (payload.count <= Slot.inlineBytes ? UInt8(payload.count) : ValueCode.longLength)
        }
        let places = schemas.map { schema in schema.fields.firstIndex(of: field).map { 1 << UInt64($0) } ?? UInt64(0) }
        return SoughtValue(field: field, places: places, tag: tag, payload: payload)
    }

    /// The places of the records that hold each of these values, and of all that have siblings in some collections, in the order of memory. Each cell is compared where it lies; all memory has
    /// been checked.
    ///
    /// - Parameters:
    ///   - collection: the only one that counts; nil for all.
    ///   - decided: the collections of which records with siblings are wanted whatever they hold.
    ///   - progress: told now and then how many records of how many have been looked at.
    package func places(
        holding sought: [SoughtValue], in collection: Name?, orWithSiblingsIn decided: Set<Name>,
        progress: (_ done: Int, _ total: Int) -> Void
    ) -> [Place] {
        precondition(isChecked)
        let (view, total) = (view, Int(recordCount))
        let isWanted = collections.names.map { collection == nil || $0 == collection }
        let isDecided = collections.names.map(decided.contains)
        var (places, done) = ([Place](), 0)
        forEachCell { number in
            if done & 4095 == 0 { progress(done, total) }
            done &+= 1
            let cell = view.cell(number)
            let collection = Int(cell.collection)
            guard isWanted[collection] else { return true }
            if cell.extra != 0 && isDecided[collection] || sought.allSatisfy({ $0.isHeld(by: cell, in: view) }) {
                places.append(Place(cell: number))
            }
            return true
        }
        return places
    }
}

extension RecordTable {
    /// Whether a record may show each of these values, nil standing for one that no record has: whether it holds it, or a delete stands in it, next to which its sides show what it does not hold.
    package func mayShow(_ sought: [SoughtValue?], at place: Place) -> Bool {
        let (view, cell) = (view, view.cell(place.cell))
        var isDeleted = false
        view.forEachNode(cell) { if $0.isOf(.tombstone) { isDeleted = true } }
        return isDeleted || sought.allSatisfy { $0?.isHeld(by: cell, in: view) == true }
    }
}

extension SoughtValue {
    /// Whether an entry of the field holds the value; equal values have one code.
    fileprivate func isHeld(by cell: Cell, in view: TableView) -> Bool {
        let bit = places[Int(cell.collection)]
        if cell.layout & bit != 0, isSame(cell.slot(at: bit), view) { return true }
        guard cell.extra != 0 else { return false }
        var isFound = false
        view.forEachNode(cell) { if $0.isOf(.entry) && $0.field == field && isSame($0.slot, view) { isFound = true } }
        return isFound
    }

    private func isSame(_ slot: Slot, _ view: TableView) -> Bool {
        guard slot.tag == tag, !slot.isAbsent else { return false }
        guard slot.isBlob else { return isPayload(slot.payload) }
        return slot.blobLength == payload.count && isPayload(view.blobs + slot.blobOffset)
    }

    private func isPayload(_ memory: UnsafeMutableRawPointer) -> Bool {
        payload.withUnsafeBytes { bytes in bytes.baseAddress.map { sameBytes(memory, $0, bytes.count) } ?? true }
    }
}
