/// The sections of a checkpoint, as somebody else keeps them. A table takes them in without reading them, and asks before it reads.
///
/// They belong to the task of the table that takes them in.
package protocol StoredSections: AnyObject {
    /// Bytes of each section, in order.
    var sizesBytes: [Int] { get }

    /// A copy of a section; nil when it is not what was written.
    func bytes(of section: Int) -> [UInt8]?

    /// Lets a section stand in `memory`: whole pages, as many as it needs; behind it are zeros. Writing there changes nothing else. Nothing is said yet about whether
    /// the bytes are those that were written.
    ///
    /// - Returns: whether that worked; otherwise the memory is of no use.
    func place(_ section: Int, in memory: UnsafeMutableRawBufferPointer) -> Bool

    /// Whether these bytes of a section that was placed at `base` are those that were written; bytes behind it are nobody's concern.
    ///
    /// Looks at each piece once: what was right and has been written to since counts as right.
    func isWhole(_ section: Int, _ offsets: Range<Int>, at base: UnsafeRawPointer) -> Bool

    /// The same for all of several sections, as fast as memory is read.
    func areWhole(_ placed: [(section: Int, base: UnsafeRawPointer)]) -> Bool
}

/// Memory that came from a checkpoint is not what was written. The checkpoint is of no use then, and the log is folded instead.
package struct CheckpointDamage: Error, Hashable, Sendable {}
