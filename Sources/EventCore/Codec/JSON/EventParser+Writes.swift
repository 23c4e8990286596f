/// Members that hold many values: each is sorted as the event keeps it, and none may come twice.
extension EventParser {
    /// `{device: seq}`.
    mutating func context(_ scanner: inout JSONScanner) throws(JSONError) -> VersionVector {
        try expect(.object, of: .context, scanner)
        var entries: [Dot] = []
        places.removeAll(keepingCapacity: true)
        var hasMore = scanner.first(before: UInt8(ascii: "}"))
        while hasMore {
            guard scanner.next == UInt8(ascii: "\"") else { throw scanner.unexpected() }
            places.append(scanner.offset)
            let device = try device(&scanner, of: .context)
            try scanner.colon()
            entries.append(Dot(device: device, seq: try integer(&scanner, of: .context, in: 1...Limits.seq)))
            hasMore = try scanner.another(before: UInt8(ascii: "}"))
        }
        if let (duplicate, place) = Self.sort(&entries, places: places, by: { $0.device < $1.device }) {
            throw scanner.failure(.duplicateKey(duplicate.device.utf8), at: place)
        }
        return VersionVector(sorted: entries)
    }

    /// `{field: value}`.
    mutating func writes(_ scanner: inout JSONScanner) throws(JSONError) -> [FieldWrite] {
        try expect(.object, of: .set, scanner)
        var writes: [FieldWrite] = []
        places.removeAll(keepingCapacity: true)
        var hasMore = scanner.first(before: UInt8(ascii: "}"))
        while hasMore {
            guard scanner.next == UInt8(ascii: "\"") else { throw scanner.unexpected() }
            places.append(scanner.offset)
            let field = try name(&scanner, of: .set)
            try scanner.colon()
            writes.append(FieldWrite(field: field, value: try canonicalizer.value(&scanner)))
            hasMore = try scanner.another(before: UInt8(ascii: "}"))
        }
        if let (duplicate, place) = Self.sort(&writes, places: places, by: { $0.field < $1.field }) {
            throw scanner.failure(.duplicateKey(duplicate.field.utf8), at: place)
        }
        return writes
    }

    /// `[field]`, and where each stands in the source, in the order of the source.
    mutating func fields(_ scanner: inout JSONScanner) throws(JSONError) -> ([Name], places: [Int]) {
        try expect(.array, of: .unset, scanner)
        var fields: [Name] = []
        var places: [Int] = []
        var hasMore = scanner.first(before: UInt8(ascii: "]"))
        while hasMore {
            places.append(scanner.offset)
            fields.append(try name(&scanner, of: .unset))
            hasMore = try scanner.another(before: UInt8(ascii: "]"))
        }
        if let (duplicate, place) = Self.sort(&fields, places: places, by: <) {
            throw scanner.failure(.member(.unset, .duplicateField(duplicate)), at: place)
        }
        return (fields, places)
    }

    /// Refuses a field that is both set and unset.
    func checkDisjoint(_ members: Members, _ scanner: JSONScanner) throws(JSONError) {
        var index = 0
        for field in members.unset {
            while index < members.set.count && members.set[index].field < field { index += 1 }
            guard index == members.set.count || members.set[index].field != field else {
                let place = members.unsetPlaces.first { names(field, at: $0, scanner) }
                throw scanner.failure(.member(.unset, .duplicateField(field)), at: place ?? 0)
            }
        }
    }

    /// Whether the string at `place`, which has been read before, is `name`.
    private func names(_ name: Name, at place: Int, _ scanner: JSONScanner) -> Bool {
        var scanner = scanner
        scanner.offset = place
        do { return try scanner.array(try scanner.string()) == name.utf8 } catch { return false }
    }

    /// Sorts items that are mostly in order already.
    ///
    /// - Returns: the earliest item whose like stands before it, and its place; nil when no two are alike.
    private static func sort<Item>(
        _ items: inout [Item], places: [Int], by precedes: (Item, Item) -> Bool
    ) -> (Item, place: Int)? {
        if items.indices.dropLast().allSatisfy({ precedes(items[$0], items[$0 + 1]) }) { return nil }
        let order = items.indices.sorted { precedes(items[$0], items[$1]) }
        var duplicate: Int?
        for (left, right) in zip(order, order.dropFirst()) where !precedes(items[left], items[right]) {
            duplicate = min(duplicate ?? .max, max(left, right))
        }
        if let duplicate { return (items[duplicate], places[duplicate]) }
        items = order.map { items[$0] }
        return nil
    }
}
