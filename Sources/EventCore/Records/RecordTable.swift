/// The records of a store: the fold of its events as flat, position-independent memory.
///
/// Every reference is an index into a region, so the regions' bytes are a checkpoint. `fold` is the only way in; it reads a block's bytes
/// and makes no object, no array and no string per event. Invariants: a record has a head in its cell; a field's first entry is a slot where the
/// field has a place in the collection's schema, further ones are nodes; without nodes everything in the cell is live and agreed.
package struct RecordTable: ~Copyable {
    /// How much address space a table reserves.
    package enum Size {
        /// A store's table.
        case store
        /// As much, for some of a store's events.
        case past
        /// A throw-away table for one record's history.
        case scratch
    }

    /// How many events a table folds, and how many devices and collections it has numbers for.
    package struct Capacity: Sendable {
        package var events = Limits.foldedSeq
        package var numbers = 1 << 24
    }

    /// What the table takes at most.
    package var capacity = Capacity()
    let regions: Regions
    var index: RecordIndex
    /// Memory of the fold, by lane.
    var lanes: InlineArray<2, LaneMemory>
    /// The block that is being folded.
    let block: UnsafeMutablePointer<DecodedBlock>
    var typical = Scratch<TypicalCell>()
    /// By lane who takes note of siblings; nobody where nobody asked.
    var watches: [SiblingWatch] = []

    package var devices = DeviceTable()
    package var collections = NameTable()
    package var fields = NameTable()
    /// By collection.
    var schemas: [Schema] = []
    /// For each device the seq of its last folded event.
    var applied: [UInt32] = []

    /// What has been taken from a checkpoint and not looked at; nil when all memory is known to be right.
    var unchecked: UncheckedMemory?
    /// The order of the records, where the table was taken from a checkpoint that has one and not much has been folded since.
    var order: RecordOrder?
    /// Whether the checkpoint's order was not what had been written.
    package internal(set) var isOrderDamaged = false
    /// How many sections of the checkpoint were the table's.
    package internal(set) var adoptedSectionCount = 0

    /// How many events have been folded; the next one's position.
    package internal(set) var eventCount: UInt32 = 0
    /// Records in each half of the index.
    var halfCounts = (0, 0)
    /// The latest time of all folded events, as `HybridTime.packed`.
    package internal(set) var latestTime: UInt64 = 0

    /// Whether each event must continue its device's seq, as in a store's log; a record's own history, and the past at a time, have gaps.
    let isGapless: Bool

    static let noPosition = UInt32.max

    /// - Parameter expectedEvents: how many events are going to be folded soon. From many on huge pages are asked for at once.
    package init(_ size: Size = .store, expectedEvents: UInt64 = 0) {
        isGapless = size == .store
        regions = Regions(size, firstCellBytes: expectedEvents >= 100_000 ? 8 << 20 : 64 << 10)
        index = RecordIndex(bits: size == .scratch ? 4 : 12)
        block = .allocate(capacity: 1)
        block.initialize(to: DecodedBlock())
        lanes = InlineArray(repeating: LaneMemory(firstChunkBytes: size == .scratch ? 4 * 1024 : 64 * 1024))
    }

    deinit {
        block.deinitialize(count: 1)
        block.deallocate()
    }

    /// How many records have an event.
    package var recordCount: UInt32 { UInt32(halfCounts.0 + halfCounts.1) }

    /// Bytes of blobs that no entry refers to any more.
    package var deadBlobBytes: Int { lanes[0].deadBlobBytes + lanes[1].deadBlobBytes }

    /// Bytes of memory in use by records, values and index.
    package var memoryBytes: Int {
        regions.cells.usedBytes + regions.nodes.usedBytes + regions.blobs.usedBytes + regions.previous.usedBytes
            + index.capacity * MemoryLayout<UInt64>.stride
    }

    /// The seq of the device's last folded event, 0 if none.
    package func appliedSeq(of device: DeviceID) -> UInt64 {
        guard let index = devices.index(of: device) else { return 0 }
        return UInt64(applied[Int(index)])
    }

    /// The store's version vector over all records together.
    package var versionVector: VersionVector {
        VersionVector(devices.devices.map { Dot(device: $0, seq: appliedSeq(of: $0)) })
    }

    /// Where the table's memory lies, until the next fold.
    var view: TableView {
        TableView(
            cells: regions.cells.base, nodes: regions.nodes.base, blobs: regions.blobs.base, previous: regions.previous.base,
            index: IndexView(slots: index.slots, bits: index.bits))
    }

    /// Calls `body` with each record's cell, in the order of memory.
    @inline(__always)
    func forEachCell(_ body: (UInt32) throws -> Bool) rethrows {
        var unit = Cell.headerBytes >> Cell.unitShift
        let (view, end) = (view, regions.cells.usedBytes >> Cell.unitShift)
        while unit < end {
            let cell = view.cell(UInt32(unit))
            if cell.isFree {
                unit += cell.freeUnits
                continue
            }
            guard try body(UInt32(unit)) else { return }
            unit += cell.units
        }
    }
}
