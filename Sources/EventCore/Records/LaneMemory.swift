/// The memory that one thread of the fold takes cells, nodes and blobs from, without asking the others.
///
/// It holds a chunk of each region and lists of what was freed. Every cell region is walkable at any time: what of a chunk is not in use
/// is a free cell.
struct LaneMemory: BitwiseCopyable {
    /// Offsets in bytes.
    var cells = Chunk()
    var nodes = Chunk()
    var blobs = Chunk()
    /// First free cell for each number of units.
    var freeCells = InlineArray<256, UInt32>(repeating: 0)
    var freeNode: UInt32 = 0
    /// Bytes of blobs that no entry refers to any more.
    var deadBlobBytes = 0

    init(firstChunkBytes: Int) {
        cells.size = firstChunkBytes
        blobs.size = firstChunkBytes
    }

    /// A stretch of a region, and the size of the next one.
    struct Chunk: BitwiseCopyable {
        var next = 0
        var end = 0
        var size = 4 * 1024

        var left: Int { end - next }
    }

    private static let chunkLimit = 64 << 10

    // MARK: - In a checkpoint

    static let numberCount = 11 + 256

    /// All of it as numbers.
    var numbers: [UInt64] {
        let chunks = [cells, nodes, blobs].flatMap { [$0.next, $0.end, $0.size] }
        return (chunks + [Int(freeNode), deadBlobBytes]).map(UInt64.init) + freeCells.indices.map { UInt64(freeCells[$0]) }
    }

    mutating func restore(_ numbers: [UInt64]) {
        let whole = numbers[..<11].map { Int(truncatingIfNeeded: $0) }
        cells = Chunk(next: whole[0], end: whole[1], size: whole[2])
        nodes = Chunk(next: whole[3], end: whole[4], size: whole[5])
        blobs = Chunk(next: whole[6], end: whole[7], size: whole[8])
        freeNode = UInt32(truncatingIfNeeded: whole[9])
        deadBlobBytes = whole[10]
        for index in freeCells.indices { freeCells[index] = UInt32(truncatingIfNeeded: numbers[11 + index]) }
    }

    /// Takes over what another lane of the same memory has left: its chunks where they hold more, and its free cells and nodes.
    mutating func join(_ other: LaneMemory, _ view: TableView) {
        let (more, less) = other.cells.left > cells.left ? (other.cells, cells) : (cells, other.cells)
        cells = more
        if less.left > 0 {
            let (rest, units) = (UInt32(less.next >> Cell.unitShift), less.left >> Cell.unitShift)
            view.cell(rest).free(units: units, next: units < freeCells.count ? freeCells[units] : 0)
            if units < freeCells.count { freeCells[units] = rest }
        }
        if other.nodes.left > nodes.left { nodes = other.nodes }
        deadBlobBytes += other.deadBlobBytes + min(blobs.left, other.blobs.left)
        if other.blobs.left > blobs.left { blobs = other.blobs }
        for units in freeCells.indices where other.freeCells[units] != 0 {
            var last = other.freeCells[units]
            while view.cell(last).extra != 0 { last = view.cell(last).extra }
            view.cell(last).extra = freeCells[units]
            freeCells[units] = other.freeCells[units]
        }
        guard other.freeNode != 0 else { return }
        var last = other.freeNode
        while view.node(last).next != 0 { last = view.node(last).next }
        view.node(last).next = freeNode
        freeNode = other.freeNode
    }

    // MARK: - Cells

    @inline(__always)
    mutating func takeCell(_ units: Int, _ view: TableView, _ regions: Regions) -> UInt32 {
        if units < freeCells.count && freeCells[units] != 0 {
            let cell = freeCells[units]
            freeCells[units] = view.cell(cell).extra
            return cell
        }
        let byteCount = units << Cell.unitShift
        if byteCount > cells.left { refillCells(byteCount, view, regions) }
        let cell = UInt32(truncatingIfNeeded: cells.next >> Cell.unitShift)
        cells.next &+= byteCount
        markRest(view)
        return cell
    }

    func markRest(_ view: TableView) {
        guard cells.left > 0 else { return }
        Cell(view.cells + cells.next).free(units: cells.left >> Cell.unitShift, next: 0)
    }

    @inline(never)
    private mutating func refillCells(_ byteCount: Int, _ view: TableView, _ regions: Regions) {
        let size = max(cells.size, byteCount)
        let offset = regions.takeCells(size)
        precondition((offset + size) >> Cell.unitShift < Int(UInt32.max), "the table holds no more cells")
        if offset != cells.end { cells.next = offset }
        cells.end = offset + size
        cells.size = min(cells.size * 2, Self.chunkLimit)
    }

    mutating func freeCell(_ cell: UInt32, units: Int, _ view: TableView) {
        view.cell(cell).forgetKey()
        guard units < freeCells.count else {
            view.cell(cell).free(units: units, next: 0)
            return
        }
        view.cell(cell).free(units: units, next: freeCells[units])
        freeCells[units] = cell
    }

    // MARK: - Nodes

    mutating func takeNode(_ view: TableView, _ regions: Regions) -> UInt32 {
        if freeNode != 0 {
            let node = freeNode
            freeNode = view.node(node).next
            return node
        }
        if nodes.left < Node.bytes {
            let size = 64 * Node.bytes
            nodes.next = regions.takeNodes(size)
            nodes.end = nodes.next + size
            precondition(nodes.end / Node.bytes < Int(UInt32.max), "the table holds no more nodes")
        }
        defer { nodes.next += Node.bytes }
        return UInt32(nodes.next / Node.bytes)
    }

    mutating func freeNode(_ index: UInt32, _ view: TableView) {
        view.node(index).free(next: freeNode)
        freeNode = index
    }

    // MARK: - Blobs

    /// Takes bytes for a blob; returns their offset.
    mutating func takeBlob(_ byteCount: Int, _ regions: Regions) -> Int {
        if byteCount > blobs.left {
            guard byteCount <= blobs.size / 4 else { return regions.takeBlobs(byteCount) }
            blobs.next = regions.takeBlobs(blobs.size)
            blobs.end = blobs.next + blobs.size
            blobs.size = min(blobs.size * 2, Self.chunkLimit)
        }
        defer { blobs.next += byteCount }
        return blobs.next
    }
}
