/// Finds the events of blocks that write a value to a field, or one with a trace in it: of a packed block its values are looked through, and which events wrote them only
/// where a wanted one is among these.
package struct WriteSearch {
    private let field: Name
    private let code: [UInt8]
    private let traces: [ValueTrace]
    private let sections = PackedSections()

    /// - Parameter traces: an event passes, too, that writes to the field a value that has one of these.
    package init(_ write: FieldWrite, orWith traces: [ValueTrace] = []) {
        field = write.field
        self.traces = traces
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
            var (numbers, number, reader, code) = ([Int](), 0, try BlockReader(header, block), [UInt8]())
            while let row = try reader.next() {
                if case .write(let set, _) = row.body, let value = set.first(where: { $0.field == field })?.value {
                    if isWanted(value, &code) { numbers.append(number) }
                }
                number += 1
            }
            return numbers
        }
    }

    private func numbersInColumns(_ header: BlockHeader, _ block: UnsafeRawBufferPointer) throws(BlockError) -> [Int] {
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: BlockHeader.sizeBytes)
        let names = try BlockNames(&cursor)
        guard let field = names.fields.firstIndex(of: field) else { return [] }
        let count = Int(header.count)
        let directory = try PackedDirectory(&cursor, eventCount: count, deviceCount: names.devices.count)
        try sections.expand(directory, block, [.values])
        let wanted = try numbersOfWanted(in: sections[.values])
        guard !wanted.isEmpty else { return [] }
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
                if wanted.contains(value) { numbers.append(number) }
            }
            first += place.count
        }
        return numbers
    }

    /// Which of the values of a block are wanted.
    private func numbersOfWanted(in section: UnsafeRawBufferPointer) throws(BlockError) -> Set<Int> {
        guard section.contains(code) || traces.contains(where: { $0.isIn(section) }) else { return [] }
        var (values, numbers, number) = (ByteCursor(section), Set<Int>(), 0)
        while !values.isAtEnd {
            let start = values.offset
            try ValueCode.skip(&values)
            if isWanted(UnsafeRawBufferPointer(rebasing: section[start..<values.offset])) { numbers.insert(number) }
            number += 1
        }
        return numbers
    }

    private func isWanted(_ own: UnsafeRawBufferPointer) -> Bool {
        own.count == code.count && own.elementsEqual(code) || traces.contains { $0.isIn(own) }
    }

    private func isWanted(_ value: FieldValue, _ own: inout [UInt8]) -> Bool {
        own.removeAll(keepingCapacity: true)
        ValueCode.append(value, to: &own)
        return own.withUnsafeBytes(isWanted)
    }

    /// Whether the record may show the value, as policies show it: an entry holds it, or has a trace of it, or a delete stands in it, next to which its sides show what it does not hold.
    package func mayBeShown(by record: Record) -> Bool {
        var own: [UInt8] = []
        return !record.tombstones.isEmpty
            || record.fields.contains { entries in
                entries.field == field && entries.versions.contains { $0.value.map { isWanted($0, &own) } == true }
            }
    }
}
