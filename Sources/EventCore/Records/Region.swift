internal import CMemory

/// Flat memory that grows in place: address space is reserved once, pages are committed as they are used.
///
/// Nothing in it ever moves, so offsets stay offsets and pointers stay valid; nothing in it is a pointer, so the bytes can be
/// written to a checkpoint and read back.
struct Region: ~Copyable {
    let base: UnsafeMutableRawPointer
    /// Bytes handed out so far.
    private(set) var usedBytes = 0
    private var committedBytes = 0
    private let reservedBytes: Int
    private let firstCommitBytes: Int

    /// Reserves `reservedBytes` of address space; no memory yet. Memory comes from the system by at least `firstCommitBytes` at first.
    init(reservedBytes: Int, firstCommitBytes: Int = 64 * 1024) {
        self.reservedBytes = reservedBytes
        self.firstCommitBytes = firstCommitBytes
        guard let base = syncline_reserve(reservedBytes) else { preconditionFailure("no address space left for \(reservedBytes) bytes") }
        self.base = base
    }

    deinit { syncline_release(base, reservedBytes) }

    /// Hands out `byteCount` zeroed bytes behind those in use; returns their offset.
    @inline(__always)
    mutating func grow(by byteCount: Int) -> Int {
        let offset = usedBytes
        usedBytes &+= byteCount
        if usedBytes > committedBytes { commit() }
        return offset
    }

    /// Holds `byteCount` bytes that somebody lets stand at its beginning, and nothing else. They are as good as its own: it grows behind them and gives them back.
    ///
    /// - Parameter place: puts the bytes into the pages handed to it, zeros behind them; false when it could not.
    mutating func adopt(_ byteCount: Int, _ place: (UnsafeMutableRawBufferPointer) -> Bool) -> Bool {
        usedBytes = 0
        _ = grow(by: byteCount)
        return place(UnsafeMutableRawBufferPointer(start: base, count: Self.wholePages(byteCount)))
    }

    /// The bytes in use.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: usedBytes) }

    @inline(never)
    private mutating func commit() {
        let goal = max(usedBytes, committedBytes * 2, firstCommitBytes)
        let end = min(Self.wholePages(goal), reservedBytes)
        precondition(end >= usedBytes, "the reservation is used up")
        precondition(syncline_commit(base, committedBytes, end) == 0, "no memory left")
        committedBytes = end
    }

    /// The bytes of the pages that so many bytes need.
    static func wholePages(_ byteCount: Int) -> Int { (byteCount + pageBytes - 1) / pageBytes * pageBytes }

    private static let pageBytes = 4096
}

/// Asks for a cache line ahead of its use.
@inline(__always)
func prefetch(_ address: UnsafeRawPointer) { syncline_prefetch(address) }
