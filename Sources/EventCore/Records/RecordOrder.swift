/// The order of a checkpoint's records by their keys, which of them are in conflict, and which have been touched since.
///
/// It lies in two sections of the checkpoint, read and checked whole when somebody asks. Layout: LogFormat.md, "Sections".
struct RecordOrder {
    /// Of one collection.
    struct Counts: Hashable {
        var records = 0
        /// Records that are in conflict, or have more than one head.
        var siblings = 0
        var contested = 0
    }

    /// What the sections hold.
    struct Lists {
        /// The records' cells, sorted by collection and id.
        let cells: [UInt32]
        /// Of those with siblings cell and flags, in the same order.
        let siblings: [UInt64]
    }

    static let contestedFlag: UInt64 = 1 << 32
    static let severalHeadsFlag: UInt64 = 1 << 33
    /// Beyond so many touched records sorting anew is as fast.
    static let touchedLimit = 2048

    /// By the collections' numbers, as there were at the checkpoint.
    let counts: [Counts]
    private let source: any StoredSections
    private(set) var lists: Lists?
    /// Records that events behind the checkpoint changed, with the cells that they had there; 0 for new ones.
    private(set) var touched: [RecordKey: UInt32] = [:]
    /// Up to here it is known which records were touched.
    private(set) var end: UInt64

    init(_ source: some StoredSections, _ counts: [Counts], end: UInt64) {
        (self.source, self.counts, self.end) = (source, counts, end)
    }

    /// Reads the sections, unless that has been done; false when they are not what was written.
    mutating func load() -> Bool {
        if lists != nil { return true }
        guard let cells = source.bytes(of: RecordTable.Section.order.rawValue),
            let siblings = source.bytes(of: RecordTable.Section.siblings.rawValue),
            cells.count == counts.reduce(0, { $0 + $1.records }) * 4, siblings.count == counts.reduce(0, { $0 + $1.siblings }) * 8
        else { return false }
        lists = Lists(cells: Self.numbers(cells), siblings: Self.numbers(siblings))
        return true
    }

    /// Takes note of a record that is about to be changed.
    mutating func touch(_ key: RecordKey, cell: UInt32) { if touched[key] == nil { touched[key] = cell } }

    mutating func goOn(to end: UInt64) { self.end = end }

    /// Where a collection's entries lie in a list, by the number of entries that each has there.
    func range(of collection: Int, among names: [Name], _ count: (Counts) -> Int) -> Range<Int> {
        guard collection < counts.count else { return 0..<0 }
        let before = counts.indices.filter { names[$0] < names[collection] }.reduce(0) { $0 + count(counts[$1]) }
        return before..<(before + count(counts[collection]))
    }

    static func bytes(_ numbers: [some FixedWidthInteger]) -> [UInt8] {
        numbers.withUnsafeBytes { Array($0) }
    }

    private static func numbers<Number: FixedWidthInteger>(_ bytes: [UInt8]) -> [Number] {
        bytes.withUnsafeBytes { bytes in
            (0..<(bytes.count / MemoryLayout<Number>.size)).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)
            }
        }
    }
}

/// Places of records by their keys, out of a checkpoint's order: each is looked at when its turn comes. Valid until the next fold.
package struct OrderedPlaces {
    private let cells: [UInt32]
    private var at: Int
    private let end: Int
    /// Cells at the checkpoint of what has been touched since.
    private let passedOver: Set<UInt32>
    /// Sorted.
    private var touched: ArraySlice<RecordKey>

    /// The memory of the record that comes so much later is asked for.
    private static let cellsAhead = 8

    init(_ cells: [UInt32], _ range: Range<Int>, passedOver: Set<UInt32>, touched: [RecordKey]) {
        (self.cells, at, end) = (cells, range.lowerBound, range.upperBound)
        (self.passedOver, self.touched) = (passedOver, touched.sorted()[...])
    }

    /// The next place; nil after the last one. What it names may be followed.
    package mutating func next(in table: borrowing RecordTable) throws(CheckpointDamage) -> RecordTable.Place? {
        if at + Self.cellsAhead < end {
            table.prefetchRecord(at: RecordTable.Place(cell: cells[at + Self.cellsAhead]))
        }
        while at < end && passedOver.contains(cells[at]) { at += 1 }
        if at < end { try table.checkRecord(cells[at]) }
        while let key = touched.first, at == end || key < table.key(at: RecordTable.Place(cell: cells[at])) {
            touched.removeFirst()
            if let place = try table.place(of: key) { return place }
        }
        guard at < end else { return nil }
        at += 1
        return RecordTable.Place(cell: cells[at - 1])
    }
}

extension RecordTable {
    /// Asks for the memory of a record that is looked at soon.
    package func prefetchRecord(at place: Place) {
        let base = view.cell(place.cell).base
        for line in 0..<6 { prefetch(base + line * 64) }
    }
}
