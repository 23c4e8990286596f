/// A set of fields that events of a collection write, by their numbers in a packed block's names; none for a delete.
struct PackedShape {
    let collection: Int
    let fields: [Int]

    /// Those of a block, from its section of shapes.
    static func all(in section: UnsafeRawBufferPointer, _ directory: PackedDirectory, _ names: BlockNames) throws(BlockError)
        -> [PackedShape]
    {
        var (cursor, shapes) = (ByteCursor(section), [PackedShape]())
        for _ in 0..<directory.shapeCount {
            let collection = try number(&cursor, below: names.collections.count)
            var fields: [Int] = []
            for _ in 0..<(try cursor.count()) { fields.append(try number(&cursor, below: names.fields.count)) }
            shapes.append(PackedShape(collection: collection, fields: fields))
        }
        return shapes
    }

    private static func number(_ cursor: inout ByteCursor, below limit: Int) throws(BlockError) -> Int {
        let start = cursor.offset
        let number = try cursor.varint()
        guard number < UInt64(limit) else { throw .malformed(offset: start) }
        return Int(number)
    }
}
