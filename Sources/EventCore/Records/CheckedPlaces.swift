/// The places of records by their keys, in a table that has been checked as a whole: out of its checkpoint's order, where that holds, or sorted. Valid until the next fold.
package struct CheckedPlaces {
    private var ordered: OrderedPlaces?
    private var sorted: SortedPlaces?

    /// - Parameter places: the checkpoint's order; nil where it has none.
    package init(_ places: OrderedPlaces?, in collection: Name?, of table: borrowing RecordTable) {
        precondition(table.isChecked)
        ordered = places
        sorted = places == nil ? table.sortedPlaces(in: collection) : nil
    }

    /// The next place; nil after the last one.
    package mutating func next(in table: borrowing RecordTable) -> RecordTable.Place? {
        guard ordered != nil else { return sorted?.next(in: table) }
        do throws(CheckpointDamage) { return try ordered?.next(in: table) } catch { preconditionFailure("all has been checked") }
    }

    /// All places that are left.
    package consuming func all(in table: borrowing RecordTable) -> [RecordTable.Place] {
        var (rest, places) = (self, [RecordTable.Place]())
        places.reserveCapacity(Int(table.recordCount))
        while let place = rest.next(in: table) { places.append(place) }
        return places
    }
}
