/// Records in order without sorting them: a checkpoint has their order, and what has been touched since is merged in.
extension RecordTable {
    /// Whether the order of a checkpoint holds, with what has been touched since.
    package var isOrdered: Bool { order?.end == UInt64(eventCount) }

    /// Whether the checkpoint that the table was taken from has the records' order.
    package var hasOrderSections: Bool { adoptedSectionCount > Section.order.rawValue }

    /// Takes note of what events that are about to be folded change; after many there is no order any more.
    mutating func follow(_ keys: [RecordKey]) throws(CheckpointDamage) {
        guard var known = order else { return }
        order = nil
        guard known.end == UInt64(eventCount), known.touched.count + keys.count <= RecordOrder.touchedLimit else { return }
        for key in keys { known.touch(key, cell: try place(of: key)?.cell ?? 0) }
        known.goOn(to: UInt64(eventCount) + UInt64(keys.count))
        order = known
    }

    /// Reads the order, unless that has been done. One that is damaged is left out, which harms nothing: records are sorted then.
    mutating func loadOrder() {
        guard order?.load() == false else { return }
        order = nil
        isOrderDamaged = true
    }

    /// The places of all records, or of one collection's, by their keys; nil where no checkpoint has their order.
    package mutating func orderedPlaces(in collection: Name?) -> OrderedPlaces? {
        guard isOrdered else { return nil }
        loadOrder()
        guard let order, let cells = order.lists?.cells else { return nil }
        return places(cells, in: collection, order) { $0.records }
    }

    /// The places of records in conflict by their keys, and of those that may have come into one since; of all, or of one collection. nil where no checkpoint has them.
    ///
    /// - Parameter whole: the collections in which more than one head is a conflict.
    package mutating func orderedConflicts(in collection: Name?, whole: Set<Name>) -> OrderedPlaces? {
        guard isOrdered else { return nil }
        loadOrder()
        guard let order, let siblings = order.lists?.siblings else { return nil }
        var isWhole = [Bool](repeating: false, count: siblings.count)
        for (number, name) in collections.names.enumerated() where whole.contains(name) {
            for index in order.range(of: number, among: collections.names, \.siblings) { isWhole[index] = true }
        }
        var range = siblings.indices
        if let collection {
            range = collections.index(of: collection).map { order.range(of: Int($0), among: collections.names, \.siblings) } ?? 0..<0
        }
        let cells = range.filter { isWhole[$0] || siblings[$0] & RecordOrder.contestedFlag != 0 }.map {
            UInt32(truncatingIfNeeded: siblings[$0])
        }
        return OrderedPlaces(cells, cells.indices, passedOver: Set(order.touched.values), touched: touched(in: collection, order))
    }

    /// How many records of each collection are in conflict, but for those that were touched since the checkpoint, and which these are; nil where no checkpoint says it.
    package mutating func contestedCounts() -> (counts: [(collection: Name, count: Int)], touched: [RecordKey])? {
        guard isOrdered else { return nil }
        loadOrder()
        guard let order, let siblings = order.lists?.siblings else { return nil }
        var counts = order.counts.map(\.contested)
        let passedOver = Set(order.touched.values)
        if !passedOver.isEmpty {
            for number in order.counts.indices {
                for entry in siblings[order.range(of: number, among: collections.names, \.siblings)]
                where entry & RecordOrder.contestedFlag != 0 && passedOver.contains(UInt32(truncatingIfNeeded: entry)) {
                    counts[number] -= 1
                }
            }
        }
        return (zip(collections.names, counts).map { ($0, $1) }, Array(order.touched.keys))
    }

    private func places(
        _ cells: [UInt32], in collection: Name?, _ order: RecordOrder, _ count: (RecordOrder.Counts) -> Int
    ) -> OrderedPlaces {
        var range = cells.indices
        if let collection {
            range = collections.index(of: collection).map { order.range(of: Int($0), among: collections.names, count) } ?? 0..<0
        }
        return OrderedPlaces(cells, range, passedOver: Set(order.touched.values), touched: touched(in: collection, order))
    }

    private func touched(in collection: Name?, _ order: RecordOrder) -> [RecordKey] {
        order.touched.keys.filter { collection == nil || $0.collection == collection }
    }

    // MARK: - For the next checkpoint

    /// The order of the records as they are: out of the last checkpoint's where that holds, else by sorting. All memory has been checked.
    func sortedOrder() -> (lists: RecordOrder.Lists, counts: [RecordOrder.Counts]) {
        var cells: [UInt32] = []
        cells.reserveCapacity(Int(recordCount))
        if isOrdered, let order, let known = order.lists?.cells {
            var places = places(known, in: nil, order) { $0.records }
            while let place = try? places.next(in: self) { cells.append(place.cell) }
        } else {
            var places = sortedPlaces(in: nil)
            while let place = places.next(in: self) { cells.append(place.cell) }
        }
        var siblings: [UInt64] = []
        var counts = [RecordOrder.Counts](repeating: RecordOrder.Counts(), count: collections.names.count)
        for cell in cells {
            let place = Place(cell: cell)
            let collection = Int(keyBytes(at: place).collection)
            counts[collection].records += 1
            guard hasSiblings(at: place) else { continue }
            let (isContested, hasSeveralHeads) = (isContested(at: place), hasSeveralHeads(at: place))
            guard isContested || hasSeveralHeads else { continue }
            counts[collection].siblings += 1
            if isContested { counts[collection].contested += 1 }
            siblings.append(
                UInt64(cell) | (isContested ? RecordOrder.contestedFlag : 0) | (hasSeveralHeads ? RecordOrder.severalHeadsFlag : 0))
        }
        return (RecordOrder.Lists(cells: cells, siblings: siblings), counts)
    }
}
