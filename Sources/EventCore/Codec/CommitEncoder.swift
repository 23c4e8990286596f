/// Makes prepared drafts the next events of one device in a store, and packs them into blocks: gives each its seq, its time and its context, which
/// is its record's clock after what has been encoded so far. The table is only read; folding the blocks changes it.
///
/// It decides the same, byte by byte, as making events and packing them with `BlockBuilder` (a test holds that), without making an object, an array
/// or a clock per event. As in the fold, a batch of rows asks for the memory of all its records before it looks at the first.
package struct CommitEncoder: ~Copyable {
    /// A finished block and the seqs that it holds.
    package struct Block {
        package let bytes: [UInt8]
        package let range: DeviceRange
    }

    /// One device of the block's dictionary; the writer is the first.
    private struct Device {
        let id: DeviceID
        let base: UInt64
    }

    private let device: DeviceID
    /// The seq of the last event encoded.
    private var seq: UInt64
    /// The milliseconds of the last event encoded.
    private var milliseconds: UInt64 = 0
    private var rows = RowBuffer(capacity: 2048)
    private var devices: [Device] = []
    /// By the table's number of a device: its number in the block + 1, 0 where it has none.
    private var deviceNumbers: [UInt32] = []
    private var collections = NameTable()
    private var fields = NameTable()
    private var touched = TouchedRecords()
    /// Collections that the table does not have.
    private var newCollections = NameTable()
    /// How many events the block at hand has.
    private var count = 0
    package private(set) var blocks: [Block] = []

    /// How many rows look for their records together.
    private static let batchRows = 32
    /// A record of more devices than this may have a context that makes an event too large.
    private static let ordinaryClockCount = UInt32((Limits.eventBytes - PreparedDrafts.ordinaryBytes) / 64)

    /// Continues `device` behind its event `seq`, 0 when it has none.
    package init(device: DeviceID, behind seq: UInt64) {
        self.device = device
        self.seq = seq
    }

    /// Encodes ordinary drafts; `clock` gives their times.
    ///
    /// - Returns: false when a limit is near, so that each event has to be looked at by itself; then what was encoded is of no use.
    /// - Throws: `.timeOutOfRange`.
    package mutating func append(
        _ drafts: PreparedDrafts, to table: borrowing RecordTable, at clock: inout HybridClock, wall: UInt64
    ) throws(EventError) -> Bool {
        precondition(drafts.isOrdinary)
        let newCount = seq - table.appliedSeq(of: device) + UInt64(drafts.count)
        guard seq + UInt64(drafts.count) <= Limits.foldedSeq, UInt64(table.eventCount) + newCount <= table.capacity.events else {
            return false
        }
        rows.reserve(min(drafts.bytes.count + 32 * drafts.count, BlockHeader.payloadGoalBytes + 4096))
        var names = NameNumbers(drafts)
        let tableCollections = drafts.collections.names.map { name in
            table.collections.index(of: name) ?? UInt32.max - newCollections.index(adding: name)
        }
        if deviceNumbers.count < table.devices.devices.count {
            deviceNumbers += [UInt32](repeating: 0, count: table.devices.devices.count - deviceNumbers.count)
        }
        return try drafts.bytes.withUnsafeBufferPointer { (bytes) throws(EventError) in
            guard let first = bytes.baseAddress else { return true }
            let view = table.view
            let base = UnsafeRawPointer(first)
            var hashes = InlineArray<32, UInt64>(repeating: 0)
            var next = 0
            while next < drafts.rows.count {
                let batch = min(Self.batchRows, drafts.rows.count - next)
                for index in 0..<batch {
                    let row = drafts.rows[next + index]
                    let key = base + row.start
                    hashes[index] = keyHash(key + 1, Int(key.load(as: UInt8.self)), collection: tableCollections[Int(row.collection)])
                    view.prefetchIndex(hash: hashes[index])
                }
                for index in 0..<batch { view.prefetchCell(hash: hashes[index]) }
                for index in 0..<batch {
                    let row = drafts.rows[next + index]
                    let now = try clock.next(wall: wall)
                    guard append(row, base, hash: hashes[index], in: tableCollections[Int(row.collection)], table, now, drafts, &names)
                    else { return false }
                    if isFull {
                        finishBlock()
                        names.removeAll()
                    }
                }
                next += batch
            }
            return true
        }
    }

    /// Ends the block at hand.
    package mutating func finish() { if count > 0 { finishBlock() } }

    /// As `BlockBuilder` counts.
    private var isFull: Bool {
        rows.count + devices.count * 20 + collections.byteCount + fields.byteCount >= BlockHeader.payloadGoalBytes
    }

    private mutating func append(
        _ row: PreparedDrafts.Row, _ base: UnsafeRawPointer, hash: UInt64, in collection: UInt32, _ table: borrowing RecordTable,
        _ now: HybridTime, _ drafts: PreparedDrafts, _ names: inout NameNumbers
    ) -> Bool {
        let key = UnsafeRawBufferPointer(start: base + row.start + 1, count: Int((base + row.start).load(as: UInt8.self)))
        guard let start = key.baseAddress else { return false }
        let view = table.view
        let cell = view.find(start, key.count, collection: collection, hash: hash)
        guard cell == 0 || view.clockCount(cell) < Self.ordinaryClockCount else { return false }
        if count == 0 { devices.append(Device(id: device, base: seq)) }
        let before = touched.replaceSeq(of: cell, key, hash: hash, collection: collection, by: seq + 1)
        let head = before == nil && cell != 0 ? view.onlyHead(cell) : nil
        let context = before == nil && cell != 0 && head == nil ? Context(table.clockForm(at: RecordTable.Place(cell: cell))) : nil
        // The rest grows where the block's numbers of fields are longer than the draft's own.
        var at = rows.beginRow(capacity: 64 + 3 * (row.end - row.start) + 20 * (context?.dots.count ?? 0))
        let tick = now.tick != 0 ? BlockBuilder.RowFlags.tick : 0
        let flags = at
        at.put(row.flags | tick)
        at.put(0)
        at.put(deltaFrom: count == 0 ? 0 : milliseconds, to: now.milliseconds)
        if now.tick != 0 { at.put(varint: UInt64(now.tick)) }
        var form = BlockBuilder.RowFlags.emptyForm
        if let before {
            form = BlockBuilder.RowFlags.oneHeadForm
            at.put(0)
            at.put(deltaFrom: seq, to: before)
        } else if let head {
            form = BlockBuilder.RowFlags.oneHeadForm
            putDot(head.device, UInt64(head.seq), table, to: &at)
        } else if let context {
            form = context.form
            put(context, table, to: &at)
        }
        flags.storeBytes(of: row.flags | tick | form << BlockBuilder.RowFlags.formShift, as: UInt8.self)
        at.put(varint: UInt64(names.collection(row.collection, drafts, &collections)))
        putRest(row, base, drafts, &names, &at)
        rows.endRow(at)
        milliseconds = now.milliseconds
        seq += 1
        count += 1
        return true
    }

    /// Copies what was prepared, with the block's numbers for its fields.
    @inline(__always)
    private mutating func putRest(
        _ row: PreparedDrafts.Row, _ base: UnsafeRawPointer, _ drafts: PreparedDrafts, _ names: inout NameNumbers,
        _ at: inout UnsafeMutableRawPointer
    ) {
        at.put(slack: base + row.start, count: row.body - row.start)
        guard row.body < row.end else { return }
        var from = base + row.body
        let writeCount = varint(&from)
        at.put(varint: writeCount)
        for _ in 0..<writeCount {
            at.put(varint: UInt64(names.field(UInt32(truncatingIfNeeded: varint(&from)), drafts, &fields)))
            let start = from
            let tag = from.load(as: UInt8.self)
            from += 1
            if tag >> 5 < ValueCode.special {
                let length = tag & 31 == ValueCode.longLength ? Int(truncatingIfNeeded: varint(&from)) : Int(tag & 31)
                from += length
            }
            at.put(slack: start, count: from - start)
        }
    }

    @inline(__always)
    private mutating func putDot(_ number: UInt32, _ dotSeq: UInt64, _ table: borrowing RecordTable, to at: inout UnsafeMutableRawPointer) {
        let index = blockNumber(number, dotSeq, table)
        at.put(varint: UInt64(index))
        // What a device's running seq is: the writer's, that of its last row; of others, none of whose events are here, their base.
        at.put(deltaFrom: index == 0 ? seq : devices[Int(index)].base, to: dotSeq)
    }

    /// The block's number of the table's device `number`, which gets one with its first dot.
    @inline(__always)
    private mutating func blockNumber(_ number: UInt32, _ dotSeq: UInt64, _ table: borrowing RecordTable) -> UInt32 {
        let known = deviceNumbers[Int(number)]
        if known != 0 { return known - 1 }
        return addDevice(number, dotSeq, table)
    }

    @inline(never)
    private mutating func addDevice(_ number: UInt32, _ dotSeq: UInt64, _ table: borrowing RecordTable) -> UInt32 {
        let id = table.devices.devices[Int(number)]
        guard id != device else {
            deviceNumbers[Int(number)] = 1
            return 0
        }
        devices.append(Device(id: id, base: dotSeq))
        deviceNumbers[Int(number)] = UInt32(devices.count)
        return UInt32(devices.count - 1)
    }

    @inline(never)
    private mutating func put(_ context: Context, _ table: borrowing RecordTable, to at: inout UnsafeMutableRawPointer) {
        if context.form != BlockBuilder.RowFlags.oneHeadForm { at.put(varint: UInt64(context.dots.count)) }
        for dot in context.dots {
            guard let number = table.devices.index(of: dot.device) else {
                preconditionFailure("a record's clock names devices of the table")
            }
            putDot(number, dot.seq, table, to: &at)
        }
    }

    private mutating func finishBlock() {
        let nameBytes = collections.byteCount + fields.byteCount
        let capacity = BlockHeader.sizeBytes + devices.count * 36 + nameBytes + rows.count + 32
        var block = [UInt8](unsafeUninitializedCapacity: capacity + UnsafeMutableRawPointer.slackBytes) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            var at = UnsafeMutableRawPointer(start) + BlockHeader.sizeBytes
            at.put(varint: UInt64(devices.count))
            for (index, device) in devices.enumerated() {
                device.id.bytes.withUnsafeBytes { at.put($0) }
                at.put(varint: device.base)
                at.put(varint: index == 0 ? UInt64(count) : 0)
            }
            for table in [collections, fields] {
                at.put(varint: UInt64(table.names.count))
                for name in table.names {
                    at.put(UInt8(name.utf8.count))
                    name.utf8.withUnsafeBytes { at.put($0) }
                }
            }
            at.put(rows.bytes)
            used = at - UnsafeMutableRawPointer(start)
        }
        BlockHeader.seal(&block, kind: .events, encoding: .rows, count: UInt32(count))
        blocks.append(Block(bytes: block, range: DeviceRange(device: device, first: seq - UInt64(count) + 1, last: seq)))
        devices.removeAll(keepingCapacity: true)
        for number in deviceNumbers.indices { deviceNumbers[number] = 0 }
        collections.removeAll()
        fields.removeAll()
        rows.removeAll()
        count = 0
    }
}

/// A context that is more than one head's.
private struct Context {
    let form: UInt8
    let dots: [Dot]

    @inline(never)
    init(_ context: ContextForm) {
        switch context {
        case .whole(let clock): (form, dots) = (BlockBuilder.RowFlags.wholeForm, clock.entries)
        case .heads(let heads):
            (form, dots) = (heads.count == 1 ? BlockBuilder.RowFlags.oneHeadForm : BlockBuilder.RowFlags.headsForm, heads)
        }
    }
}
