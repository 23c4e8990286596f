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
    /// What `holds` looks for; nil when no record has ever had the field.
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

    /// Whether an entry of the field holds the value; equal values have one code.
    package func holds(_ sought: SoughtValue, at place: Place) -> Bool {
        let (view, cell) = (view, view.cell(place.cell))
        func isSought(_ slot: Slot) -> Bool {
            guard slot.tag == sought.tag, !slot.isAbsent else { return false }
            guard slot.isBlob else { return isEqual(slot.payload, sought.payload) }
            return slot.blobLength == sought.payload.count && isEqual(view.blobs + slot.blobOffset, sought.payload)
        }
        func isEqual(_ memory: UnsafeMutableRawPointer, _ payload: [UInt8]) -> Bool {
            payload.withUnsafeBytes { bytes in bytes.baseAddress.map { sameBytes(memory, $0, bytes.count) } ?? true }
        }
        let bit = sought.places[Int(cell.collection)]
        if cell.layout & bit != 0, isSought(cell.slot(at: bit)) { return true }
        var isFound = false
        view.forEachNode(cell) { if $0.isOf(.entry) && $0.field == sought.field && isSought($0.slot) { isFound = true } }
        return isFound
    }
}
