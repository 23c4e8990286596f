/// A column of indexes of one width. It is not checked here that the column is long enough, nor that an index is below the limit.
struct IndexColumn: BitwiseCopyable {
    let base: UnsafeRawPointer
    let byteCount: Int

    /// - Parameter limit: that of what the indexes are of; it gives their width.
    init(_ base: UnsafeRawPointer, below limit: Int) {
        self.base = base
        byteCount = PackedDirectory.indexBytes(limit)
    }

    /// A section that has been expanded.
    init(_ section: UnsafeRawBufferPointer, below limit: Int) {
        guard let base = section.baseAddress else { preconditionFailure("a section lies in its block or in memory of its own") }
        self.init(base, below: limit)
    }

    @inline(__always)
    subscript(index: Int) -> Int { Self.number(base + index &* byteCount, byteCount) }

    @inline(__always)
    static func number(_ at: UnsafeRawPointer, _ byteCount: Int) -> Int {
        switch byteCount {
        case 1: Int(at.load(as: UInt8.self))
        case 2: Int(UInt16(littleEndian: at.loadUnaligned(as: UInt16.self)))
        default: Int(UInt32(littleEndian: at.loadUnaligned(as: UInt32.self)))
        }
    }
}
