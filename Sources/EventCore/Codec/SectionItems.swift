/// The items of a section, one behind the other. Where one begins is found by stepping over those before it, once, and only as far as somebody asks.
struct SectionItems {
    private let section: UnsafeRawBufferPointer
    private let count: Int
    /// Where each item begins that was stepped over or is next.
    private var starts = [0]

    init(_ section: UnsafeRawBufferPointer, _ count: Int) {
        self.section = section
        self.count = count
    }

    /// A cursor over the item, of which there must be so many, that ends with it.
    ///
    /// - Parameter skip: steps over one item.
    mutating func cursor(
        at index: Int, _ skip: (inout ByteCursor) throws(BlockError) -> Void
    ) throws(BlockError) -> ByteCursor {
        try find(index + 1, skip)
        return ByteCursor(UnsafeRawBufferPointer(rebasing: section[..<starts[index + 1]]), at: starts[index])
    }

    /// Makes sure that the items fill the section.
    mutating func checkEnd(_ skip: (inout ByteCursor) throws(BlockError) -> Void) throws(BlockError) {
        guard count > 0 else { return }
        try find(count, skip)
        guard starts[count] == section.count else { throw .malformed(offset: starts[count]) }
    }

    private mutating func find(_ wanted: Int, _ skip: (inout ByteCursor) throws(BlockError) -> Void) throws(BlockError) {
        guard starts.count <= wanted else { return }
        starts.reserveCapacity(count + 1)
        var cursor = ByteCursor(section, at: starts[starts.count - 1])
        while starts.count <= wanted {
            try skip(&cursor)
            starts.append(cursor.offset)
        }
    }
}
