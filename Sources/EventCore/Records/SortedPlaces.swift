/// The places of records by their keys, one after the other; the first ones come without all being sorted.
///
/// Incremental quicksort: R. Paredes and G. Navarro, "Optimal Incremental Sorting" (2006). All n cost as much as sorting them, the first k
/// O(n + k log k). Valid until the next fold.
package struct SortedPlaces {
    private struct Entry {
        /// The place of the collection among the collections by their bytes.
        let collection: UInt32
        let cell: UInt32
        /// The id's first eight bytes as a number that orders like them, zeros behind a shorter one.
        let start: UInt64
    }

    private var entries: [Entry]
    /// The next one to be handed out.
    private var first = 0
    /// So many are in their places.
    private var sortedEnd = 0
    /// Descending: everything before one of these is smaller than everything from there on.
    private var bounds: [Int] = []

    fileprivate init(_ table: borrowing RecordTable, _ places: [RecordTable.Place]) {
        var ranks = [UInt32](repeating: 0, count: table.collections.names.count)
        let sorted = ranks.indices.sorted { table.collections.names[$0] < table.collections.names[$1] }
        for (rank, index) in sorted.enumerated() { ranks[index] = UInt32(rank) }
        let view = table.view
        entries = places.map { place in
            let cell = view.cell(place.cell)
            // An id is padded with zeros to a multiple of eight bytes.
            let start = UInt64(bigEndian: cell.key.load(as: UInt64.self))
            return Entry(collection: ranks[Int(cell.collection)], cell: place.cell, start: start)
        }
        bounds = [entries.count]
    }

    /// The next place; nil after the last one.
    package mutating func next(in table: borrowing RecordTable) -> RecordTable.Place? {
        guard first < entries.count else { return nil }
        if first == sortedEnd { sortMore(table) }
        first += 1
        return RecordTable.Place(cell: entries[first - 1].cell)
    }

    private mutating func sortMore(_ table: borrowing RecordTable) {
        while bounds[bounds.count - 1] == first { bounds.removeLast() }
        while bounds[bounds.count - 1] - first > Self.sortedAtOnce {
            bounds.append(divide(first..<bounds[bounds.count - 1], table))
        }
        sortedEnd = bounds.removeLast()
        // Insertion sort: there are few.
        for index in (first + 1)..<max(first + 1, sortedEnd) {
            var at = index
            while at > first && Self.isBefore(entries[at], entries[at - 1], table) {
                entries.swapAt(at, at - 1)
                at -= 1
            }
        }
    }

    private static let sortedAtOnce = 24

    /// Divides a range by the median of three of its entries; returns where the greater ones begin, within the range. (C. A. R. Hoare's way.)
    private mutating func divide(_ range: Range<Int>, _ table: borrowing RecordTable) -> Int {
        var (low, middle, high) = (
            entries[range.lowerBound], entries[(range.lowerBound + range.upperBound) / 2], entries[range.upperBound - 1]
        )
        if Self.isBefore(middle, low, table) { swap(&low, &middle) }
        if Self.isBefore(high, middle, table) { swap(&high, &middle) }
        if Self.isBefore(middle, low, table) { swap(&low, &middle) }
        var (left, right) = (range.lowerBound, range.upperBound - 1)
        while true {
            while Self.isBefore(entries[left], middle, table) { left += 1 }
            while Self.isBefore(middle, entries[right], table) { right -= 1 }
            guard left < right else { break }
            entries.swapAt(left, right)
            left += 1
            right -= 1
        }
        // The pivot is neither the smallest nor the greatest, so neither part is empty.
        return left
    }

    private static func isBefore(_ left: Entry, _ right: Entry, _ table: borrowing RecordTable) -> Bool {
        if left.collection != right.collection { return left.collection < right.collection }
        if left.start != right.start { return left.start < right.start }
        return table.keyBytes(at: RecordTable.Place(cell: left.cell)).record.lexicographicallyPrecedes(
            table.keyBytes(at: RecordTable.Place(cell: right.cell)).record)
    }
}

extension RecordTable {
    /// The places of all records, or of one collection's, by their keys. All memory has been checked.
    package func sortedPlaces(in collection: Name?) -> SortedPlaces {
        guard let collection else { return sorted(places(in: nil)) }
        guard let number = collections.index(of: collection) else { return sorted([]) }
        return sorted(places(in: number))
    }

    /// Some places by their keys.
    package func sorted(_ places: [Place]) -> SortedPlaces { SortedPlaces(self, places) }

    private func places(in collection: UInt32?) -> [Place] {
        precondition(isChecked)
        var places: [Place] = []
        places.reserveCapacity(collection == nil ? Int(recordCount) : 0)
        let view = view
        forEachCell { number in
            if collection == nil || view.cell(number).collection == collection { places.append(Place(cell: number)) }
            return true
        }
        return places
    }
}
