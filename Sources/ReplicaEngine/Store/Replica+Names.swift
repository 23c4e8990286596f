package import EventCore

/// What names there are in a store, for whoever types them.
extension Replica {
    /// The collections that have a record, sorted.
    package var collectionNames: [Name] { table.collections.names.sorted() }

    /// The fields of a collection as far as they are known without looking at its records, else those of all collections; sorted.
    package func knownFields(in collection: Name?) -> [Name] {
        (collection.flatMap { table.fieldNames(of: $0) } ?? table.fields.names).sorted()
    }

    /// Calls `body` with the id of every record of a collection that begins with some bytes, in no particular order.
    ///
    /// Looks at every record: a million take some ten milliseconds.
    package func forEachRecordID(
        in collection: Name, startingWith start: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(ReplicaError) {
        try checkTable()
        table.forEachRecordID(in: collection, startingWith: start, body)
    }

    /// Some of the values that a field has in records that were looked at in no particular order, at most `limit` records.
    package func someValues(of field: Name, in collection: Name?, lookingAt limit: Int) throws(ReplicaError) -> Set<FieldValue> {
        try checkTable()
        var places: [RecordTable.Place] = []
        table.forEachPlace { place in
            if collection == nil || table.key(at: place).collection == collection { places.append(place) }
            return places.count < limit
        }
        var values: Set<FieldValue> = []
        for place in places {
            for held in try recordWithoutTimes(at: place).fields where held.field == field {
                values.formUnion(held.versions.compactMap(\.value))
            }
        }
        return values
    }
}
