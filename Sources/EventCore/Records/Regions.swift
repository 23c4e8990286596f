internal import Synchronization

/// The memory of a table, at an address that does not change, so that several threads may take from it.
final class Regions: @unchecked Sendable {
    var cells: Region
    var nodes: Region
    var blobs: Region
    /// For each position the position of the record's event before it, `RecordTable.noPosition` at its first: a record's history, newest first.
    var previous: Region
    private let lock = Mutex(())

    /// - Parameter firstCellBytes: what the cells need at least.
    init(_ size: RecordTable.Size, firstCellBytes: Int) {
        let large = size != .scratch
        let gibibyte = 1 << 30
        cells = Region(reservedBytes: large ? 64 * gibibyte : gibibyte, firstCommitBytes: firstCellBytes)
        nodes = Region(reservedBytes: large ? 16 * gibibyte : gibibyte / 4)
        blobs = Region(reservedBytes: large ? 256 * gibibyte : gibibyte)
        previous = Region(reservedBytes: large ? 16 * gibibyte : gibibyte / 4)
        // Cell 0 and node 0 mean "none".
        _ = cells.grow(by: Cell.headerBytes)
        _ = nodes.grow(by: Node.bytes)
    }

    /// Takes zeroed bytes from a region, and returns their offset; any thread may ask.
    func takeCells(_ byteCount: Int) -> Int { lock.withLock { _ in cells.grow(by: byteCount) } }
    func takeNodes(_ byteCount: Int) -> Int { lock.withLock { _ in nodes.grow(by: byteCount) } }
    func takeBlobs(_ byteCount: Int) -> Int { lock.withLock { _ in blobs.grow(by: byteCount) } }
}
