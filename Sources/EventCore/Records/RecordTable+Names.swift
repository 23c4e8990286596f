/// The names in a table.
extension RecordTable {
    /// Calls `body` with the id of every record of a collection that begins with some bytes, in no particular order. All memory has been checked.
    package func forEachRecordID(in collection: Name, startingWith start: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        guard let index = collections.index(of: collection) else { return }
        forEachPlace { place in
            let (own, id) = keyBytes(at: place)
            if own == index, id.count >= start.count, id.prefix(start.count).elementsEqual(start) { body(id) }
            return true
        }
    }
}
