/// A set of fields that events of a collection write, by their numbers in a packed block's names; none for a delete.
struct PackedShape {
    let collection: Int
    let fields: ArraySlice<Int>
}

/// The shapes of a packed block, from its section of shapes.
///
/// They lie in three arrays, however many there are: a block is often opened for the sake of one event.
struct PackedShapes: RandomAccessCollection {
    private var collections: [Int] = []
    /// Where the fields of each begin, and behind those of the last.
    private var starts = [0]
    private var fields: [Int] = []

    init(in section: UnsafeRawBufferPointer, _ directory: PackedDirectory, _ names: BlockNames) throws(BlockError) {
        collections.reserveCapacity(directory.shapeCount)
        starts.reserveCapacity(directory.shapeCount + 1)
        // A number has at least a byte.
        fields.reserveCapacity(section.count)
        var cursor = ByteCursor(section)
        for _ in 0..<directory.shapeCount {
            collections.append(try Self.number(&cursor, below: names.collections.count))
            for _ in 0..<(try cursor.count()) { fields.append(try Self.number(&cursor, below: names.fields.count)) }
            starts.append(fields.count)
        }
        guard cursor.isAtEnd else { throw .malformed(offset: directory[.shapes].offset) }
    }

    var startIndex: Int { 0 }
    var endIndex: Int { collections.count }

    subscript(shape: Int) -> PackedShape {
        PackedShape(collection: collections[shape], fields: fields[starts[shape]..<starts[shape + 1]])
    }

    /// How many fields a shape writes.
    func writeCount(of shape: Int) -> Int { starts[shape + 1] - starts[shape] }

    private static func number(_ cursor: inout ByteCursor, below limit: Int) throws(BlockError) -> Int {
        let start = cursor.offset
        let number = try cursor.varint()
        guard number < UInt64(limit) else { throw .malformed(offset: start) }
        return Int(number)
    }
}
