/// Finds the events of blocks that write a value to a field: of a packed block its values are looked through, and which events wrote them only where it is among these.
package struct WriteSearch {
    private let write: FieldWrite
    private let code: [UInt8]
    private let sections = PackedSections()

    package init(_ write: FieldWrite) {
        self.write = write
        var code: [UInt8] = []
        ValueCode.append(write.value, to: &code)
        self.code = code
    }

    /// The numbers in their block of these events, ascending. The block is one of events, and its checksum has been checked.
    package func numbers(in header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [Int] {
        switch header.encoding {
        case .packed:
            return try numbersInColumns(header, block)
        case .rows:
            var (numbers, number, reader) = ([Int](), 0, try BlockReader(header, block))
            while let row = try reader.next() {
                if case .write(let set, _) = row.body, set.contains(write) { numbers.append(number) }
                number += 1
            }
            return numbers
        }
    }

    private func numbersInColumns(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [Int] {
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        guard let field = names.fields.firstIndex(of: write.field) else { return [] }
        let count = Int(header.count)
        let directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: names.devices.count)
        try sections.expand(directory, block, [.values])
        let alike = try numbersOfAlike(in: sections[.values])
        guard !alike.isEmpty else { return [] }
        try sections.expand(directory, block, [.shapes, .shapeIndexes, .valueIndexes])
        let shapes = try PackedShapes(in: sections[.shapes], directory, names)
        // Of each shape how many fields it has, and which of them is the field.
        let places = shapes.map { (field: $0.fields.enumerated().first { $0.element == field }?.offset, count: $0.fields.count) }
        let indexes = IndexColumn(sections[.shapeIndexes], below: shapes.count)
        let valueIndexes = IndexColumn(sections[.valueIndexes], below: directory.valueCount)
        let written = directory.valueCount > 0 ? sections[.valueIndexes].count / valueIndexes.byteCount : Int.max
        var (numbers, first) = ([Int](), 0)
        for number in 0..<count {
            guard indexes[number] < places.count else { throw .malformed(offset: directory[.shapeIndexes].offset) }
            let place = places[indexes[number]]
            guard first + place.count <= written else { throw .malformed(offset: directory[.valueIndexes].offset) }
            if let field = place.field {
                let value = directory.valueCount > 0 ? valueIndexes[first + field] : first + field
                if alike.contains(value) { numbers.append(number) }
            }
            first += place.count
        }
        return numbers
    }

    /// Which of the values of a block are the wanted one.
    private func numbersOfAlike(in section: UnsafeRawBufferPointer) throws(BlockError) -> Set<Int> {
        var (values, numbers, number) = (ByteCursor(section), Set<Int>(), 0)
        while !values.isAtEnd {
            let start = values.offset
            try ValueCode.skip(&values)
            let own = section[start..<values.offset]
            if own.count == code.count, own.elementsEqual(code) { numbers.insert(number) }
            number += 1
        }
        return numbers
    }
}
