/// Writes records' lines of the canonical dump straight from their cells: of records without siblings, which are nearly all.
///
/// What is the same for many records is written down once: devices, collections, fields and their order. It belongs to one table, until that folds or learns a name.
/// Layout: Sources/README.md, "Canonical dump".
package struct RecordTexts: Sendable {
    /// The fields of a collection that have places in its cells.
    private struct Fields: Sendable {
        /// By the order of keys in JSON.
        var inOrder: [(place: UInt64, field: Int)] = []
        /// Bytes of all names, as members.
        var nameBytes = 0
    }

    private var devices = DeviceTexts()
    /// By collection: what stands between clock and fields.
    private var collections = TextPieces()
    private var fields = TextPieces()
    private var fieldsOf: [Fields] = []

    /// Of more devices a clock is not sorted here.
    private static let clockLimit = 64
    /// The most that everything takes but the clock, the fields and what stands between.
    private static let frameBytes = 2048
    /// The most that an entry of a clock takes, and a value that lies in its slot, its comma included.
    private static let clockEntryBytes = DeviceTexts.nameBytes + 21
    private static let slotValueBytes = 32

    package init(_ table: borrowing RecordTable) {
        devices.learn(table.devices.devices)
        for name in table.collections.names {
            var writer = JSONWriter()
            writer.string(name.utf8)
            collections.append(
                Array("},\"collection\":".utf8) + writer.bytes + Array(",\"conflicts\":{},\"deleted\":false,\"fields\":{".utf8))
        }
        for name in table.fields.names {
            var writer = JSONWriter()
            writer.key(name.utf8)
            fields.append(writer.bytes)
        }
        fieldsOf = table.schemas.map { schema in
            var inOrder: [(place: UInt64, field: Int)] = []
            for (place, field) in schema.fields.enumerated() { inOrder.append((1 << UInt64(place), Int(field))) }
            inOrder.sort {
                JSONKeyOrder.areInIncreasingOrder(table.fields.names[$0.field].utf8, table.fields.names[$1.field].utf8)
            }
            return Fields(inOrder: inOrder, nameBytes: inOrder.reduce(0) { $0 + fields.byteCount($1.field) })
        }
    }

    /// Appends the record's line and its \n; false where it has to be made of the record as a value: it may have siblings, a clock of many devices, or a value that is none.
    package func append(_ place: RecordTable.Place, of table: borrowing RecordTable, to lines: inout LineBuffer) -> Bool {
        let view = table.view
        let cell = view.cell(place.cell)
        guard cell.extra == 0, cell.clockCount <= Self.clockLimit else { return false }
        let start = lines.room(for: byteLimit(cell, view))
        var at = start
        at.put("{\"clock\":{")
        putClock(cell, &lines.clock, to: &at)
        collections.put(Int(cell.collection), to: &at)
        guard putFields(cell, view, to: &at) else { return false }
        at.put("},\"heads\":[\"")
        devices.put(id: cell.headDevice, to: &at)
        at.put(UInt8(ascii: ":"))
        at.put(decimal: UInt64(cell.headSeq))
        at.put("\"],\"record\":")
        putID(cell, to: &at)
        at.put("}\n")
        lines.add(at - start)
        return true
    }

    /// The most bytes that the line takes.
    private func byteLimit(_ cell: Cell, _ view: TableView) -> Int {
        var bytes = Self.frameBytes + cell.clockCount * Self.clockEntryBytes + collections.byteCount(Int(cell.collection))
        bytes += fieldsOf[Int(cell.collection)].nameBytes
        view.forEachSlot(cell) { bytes += Self.slotValueBytes + ($1.isBlob ? $1.blobLength : 0) }
        return bytes
    }

    /// By the bytes of devices, which the cell has by their numbers.
    private func putClock(_ cell: Cell, _ clock: inout [(rank: UInt32, entry: Int)], to at: inout UnsafeMutableRawPointer) {
        clock.removeAll(keepingCapacity: true)
        for entry in 0..<cell.clockCount {
            let rank = devices.rank(cell.clockDevice(entry))
            var place = clock.count
            clock.append((rank, entry))
            while place > 0 && clock[place - 1].rank > rank {
                clock.swapAt(place - 1, place)
                place -= 1
            }
        }
        for (index, (_, entry)) in clock.enumerated() {
            if index > 0 { at.put(UInt8(ascii: ",")) }
            devices.put(name: cell.clockDevice(entry), to: &at)
            at.put(decimal: UInt64(cell.clockSeq(entry)))
        }
    }

    private func putFields(_ cell: Cell, _ view: TableView, to at: inout UnsafeMutableRawPointer) -> Bool {
        let layout = cell.layout
        var isFirst = true
        for (place, field) in fieldsOf[Int(cell.collection)].inOrder where layout & place != 0 {
            let slot = cell.slot(at: place)
            guard !slot.isAbsent, !slot.isRemoved else { continue }
            if !isFirst { at.put(UInt8(ascii: ",")) }
            isFirst = false
            fields.put(field, to: &at)
            guard slot.putJSON(blobs: view.blobs, to: &at) else { return false }
        }
        return true
    }

    private func putID(_ cell: Cell, to at: inout UnsafeMutableRawPointer) {
        if PlainText.isPlain(cell.key, cell.keyLength) {
            at.put(UInt8(ascii: "\""))
            at.put(UnsafeRawBufferPointer(start: cell.key, count: cell.keyLength))
            at.put(UInt8(ascii: "\""))
        } else {
            var writer = JSONWriter()
            writer.string(UnsafeRawBufferPointer(start: cell.key, count: cell.keyLength))
            writer.bytes.withUnsafeBytes { at.put($0) }
        }
    }
}

extension Slot {
    /// Writes the value, which is not *removed*, as canonical JSON; false for one that is no value.
    @inline(__always)
    fileprivate func putJSON(blobs: UnsafeMutableRawPointer, to at: inout UnsafeMutableRawPointer) -> Bool {
        guard isBlob else {
            let payload = UnsafeRawBufferPointer(start: payload, count: tag >> 5 == ValueCode.special ? 0 : Int(tag & 31))
            guard ValueCode.isValue(tag: tag, payload: payload) else { return false }
            if tag >> 5 == ValueCode.string {
                at.put(UInt8(ascii: "\""))
                put(slotString: payload.count, to: &at)
                at.put(UInt8(ascii: "\""))
            } else {
                // Tag and payload lie in the slot as in a block.
                ValueCode.putJSON(base + (Self.payloadOffset - 1), to: &at)
            }
            return true
        }
        let payload = UnsafeRawBufferPointer(start: blobs + blobOffset, count: blobLength)
        let isString = tag >> 5 == ValueCode.string
        guard isString || tag >> 5 == ValueCode.text, ValueCode.isValue(tag: tag, payload: payload) else { return false }
        if isString { at.put(UInt8(ascii: "\"")) }
        at.put(payload)
        if isString { at.put(UInt8(ascii: "\"")) }
        return true
    }

    /// Copies all that a slot holds, which takes no call; so many bytes of it count.
    @inline(__always)
    private func put(slotString count: Int, to at: inout UnsafeMutableRawPointer) {
        at.storeBytes(of: payload.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
        at.storeBytes(of: payload.loadUnaligned(fromByteOffset: 16, as: UInt32.self), toByteOffset: 16, as: UInt32.self)
        at += count
    }
}
