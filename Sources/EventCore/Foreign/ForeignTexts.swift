/// What an event has that the fold does not need.
struct ForeignExtras {
    let time: HybridTime
    /// 0 for none.
    let epoch: UInt64
    /// Its number among the block's.
    let note: Int?
}

/// Writes the canonical forms of a block's events straight from its columns.
///
/// What is the same for many events is written down once: devices, collections and fields of the table.
struct ForeignTexts {
    /// The most that an entry of a context takes, its comma included.
    private static let entryBytes = DeviceTexts.nameBytes + 21
    /// The most that everything of an event takes but its context, its note, its values and their names.
    private static let frameBytes = 2048

    private var buffer: UnsafeMutableRawBufferPointer
    private let memory: Memory
    private var devices = DeviceTexts()
    /// By collection of the table: `{"collection":"notes"`.
    private var collections = TextPieces()
    /// By field of the table: `"title":`.
    private var fields = TextPieces()
    /// By note of the block at hand: `,"note":"why"`.
    private var notes = TextPieces()
    /// By shape of the block at hand.
    private var orders: [ShapeOrder] = []

    /// Owns the buffer.
    private final class Memory {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: ForeignBlocks.headroomBytes + 2 * Limits.eventBytes, alignment: 64)

        deinit { bytes.deallocate() }
    }

    /// Where the fields of a shape stop ascending; its count where they never do.
    private struct ShapeOrder {
        var firstDescent: Int
        var descents: Int
    }

    init() {
        memory = Memory()
        buffer = memory.bytes
    }

    func rank(_ device: UInt32) -> UInt32 { devices.rank(device) }

    // MARK: - Names

    /// Writes down the names that are new in the table.
    mutating func learn(_ table: borrowing RecordTable) {
        devices.learn(table.devices.devices)
        for name in table.collections.names[collections.count...] {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("collection")
            writer.string(name.utf8)
            collections.append(writer.bytes)
        }
        for name in table.fields.names[fields.count...] {
            var writer = JSONWriter()
            writer.key(name.utf8)
            fields.append(writer.bytes)
        }
    }

    /// Looks at the order of the fields in the block's shapes; false for a field whose place in JSON is another one than among bytes.
    mutating func learn(_ block: borrowing DecodedBlock, _ table: borrowing RecordTable) -> Bool {
        orders.removeAll(keepingCapacity: true)
        for number in 0..<block.shapeCount {
            let shape = block.shapes.base[number]
            guard Int(shape.count) <= ForeignBlocks.pairwiseLimit else { return false }
            var order = ShapeOrder(firstDescent: Int(shape.count), descents: 0)
            for index in 0..<Int(shape.count) {
                let name = table.fields.names[Int(block.shapeFields.base[Int(shape.first) + index].field)]
                guard name.utf8.allSatisfy({ $0 < 0xEE }) else { return false }
                guard index > 0 else { continue }
                let before = table.fields.names[Int(block.shapeFields.base[Int(shape.first) + index - 1].field)]
                guard before >= name else { continue }
                order.firstDescent = min(order.firstDescent, index)
                order.descents += 1
            }
            orders.append(order)
        }
        return true
    }

    /// Writes down the block's notes; false where they are not so many, or one is none.
    mutating func learn(notes section: UnsafeRawBufferPointer, _ count: Int) -> Bool {
        notes.removeAll()
        var cursor = ByteCursor(section)
        for _ in 0..<count {
            guard let length = try? cursor.count(), let utf8 = try? cursor.take(length), let note = try? Note(utf8: utf8) else {
                return false
            }
            var writer = JSONWriter()
            writer.key("note")
            writer.string(note.utf8)
            notes.append([UInt8(ascii: ",")] + writer.bytes)
        }
        return cursor.isAtEnd
    }

    // MARK: - Events

    /// Writes the event; nil where it is too large, or its fields do not stand as they should.
    mutating func write(
        _ row: DecodedRow, kind: UInt8, _ extras: ForeignExtras, _ context: ForeignContext, _ block: borrowing DecodedBlock
    ) -> UnsafeMutableRawBufferPointer? {
        guard let base = buffer.baseAddress else { return nil }
        let start = base + ForeignBlocks.headroomBytes
        let limit = start + Limits.eventBytes
        var at = start
        let key = block.keys.base[Int(row.key)]
        collections.put(Int(key.collection), to: &at)
        guard context.entries.count * Self.entryBytes < Limits.eventBytes else { return nil }
        put(context, to: &at)
        guard limit - at > Self.frameBytes + (extras.note.map(notes.byteCount) ?? 0) else { return nil }
        let shape = block.shapes.base[Int(row.shape)]
        if shape.count == 0 { at.put(",\"delete\":true") }
        at.put(",\"device\":")
        devices.put(name: row.device, to: &at)
        // A member's name has a colon behind it.
        at -= 1
        if extras.epoch != 0 {
            at.put(",\"epoch\":")
            at.put(decimal: extras.epoch)
        }
        switch kind {
        case EventKind.resolve.rawValue: at.put(",\"kind\":\"resolve\"")
        case EventKind.undo.rawValue: at.put(",\"kind\":\"undo\"")
        case EventKind.import.rawValue: at.put(",\"kind\":\"import\"")
        default: break
        }
        if let note = extras.note { notes.put(note, to: &at) }
        at.put(",\"record\":\"")
        at.put(UnsafeRawBufferPointer(start: key.bytes, count: Int(key.length)))
        at.put("\",\"seq\":")
        at.put(decimal: UInt64(row.seq))
        guard let setCount = setCount(row, shape, block), putSet(setCount, row, shape, block, to: &at, limit) else { return nil }
        if extras.time.tick != 0 {
            at.put(",\"tick\":")
            at.put(decimal: UInt64(extras.time.tick))
        }
        at.put(",\"time\":")
        at.put(decimal: extras.time.milliseconds)
        guard putUnset(setCount, shape, block, to: &at, limit) else { return nil }
        at.put(UInt8(ascii: "}"))
        guard at - start <= Limits.eventBytes else { return nil }
        return UnsafeMutableRawBufferPointer(start: start, count: at - start)
    }

    private func put(_ context: ForeignContext, to at: inout UnsafeMutableRawPointer) {
        var isFirst = true
        for entry in context.entries {
            var seq = entry.seq
            if let hidden = context.hidden, hidden.device == entry.device { seq = hidden.seq }
            guard seq > 0 else { continue }
            at.put(isFirst ? ",\"context\":{" : ",")
            isFirst = false
            devices.put(name: entry.device, to: &at)
            at.put(decimal: UInt64(seq))
        }
        if !isFirst { at.put(UInt8(ascii: "}")) }
    }

    /// How many of the row's writes set a field, which come first; nil where they do not stand as they should: set ones in their order, then removed ones in theirs, none twice.
    private func setCount(_ row: DecodedRow, _ shape: DecodedShape, _ block: borrowing DecodedBlock) -> Int? {
        let (count, order) = (Int(shape.count), orders[Int(row.shape)])
        func isRemoved(_ index: Int) -> Bool {
            (block.valueBase + Int(block.values.base[Int(row.value) + index])).load(as: UInt8.self) == ValueCode.removedTag
        }
        var set = 0
        while set < count && !isRemoved(set) { set += 1 }
        for index in set..<count { guard isRemoved(index) else { return nil } }
        guard order.descents > 0 else { return set }
        guard order.descents == 1 && order.firstDescent == set else { return nil }
        let fields = block.shapeFields.base + Int(shape.first)
        for index in set..<count { for other in 0..<set where fields[other].field == fields[index].field { return nil } }
        return set
    }

    private func putSet(
        _ count: Int, _ row: DecodedRow, _ shape: DecodedShape, _ block: borrowing DecodedBlock, to at: inout UnsafeMutableRawPointer,
        _ limit: UnsafeMutableRawPointer
    ) -> Bool {
        guard count > 0 else { return true }
        at.put(",\"set\":{")
        for index in 0..<count {
            if index > 0 { at.put(UInt8(ascii: ",")) }
            let field = Int(block.shapeFields.base[Int(shape.first) + index].field)
            let value = block.valueBase + Int(block.values.base[Int(row.value) + index])
            guard limit - at > Self.frameBytes + ValueCode.jsonBound(value) else { return false }
            fields.put(field, to: &at)
            ValueCode.putJSON(value, to: &at)
        }
        at.put(UInt8(ascii: "}"))
        return true
    }

    private func putUnset(
        _ setCount: Int, _ shape: DecodedShape, _ block: borrowing DecodedBlock, to at: inout UnsafeMutableRawPointer,
        _ limit: UnsafeMutableRawPointer
    ) -> Bool {
        guard setCount < Int(shape.count) else { return true }
        at.put(",\"unset\":[")
        for index in setCount..<Int(shape.count) {
            guard limit - at > Self.frameBytes else { return false }
            if index > setCount { at.put(UInt8(ascii: ",")) }
            fields.put(Int(block.shapeFields.base[Int(shape.first) + index].field), to: &at)
            at -= 1
        }
        at.put(UInt8(ascii: "]"))
        return true
    }
}
