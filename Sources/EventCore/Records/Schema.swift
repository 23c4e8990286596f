/// Which fields the records of a collection tend to have: each field's place in their cells, in the order in which they came.
struct Schema {
    /// The fields with a place.
    private(set) var fields: [UInt32] = []
    /// Field → place; `none` where it has none.
    private var places: [UInt8] = []
    /// Places that records were seen to need, so that a new cell has room for them at once; only where these are few.
    private(set) var typicalLayout: UInt64 = 0
    /// How many clock entries a record tends to need.
    private(set) var typicalClock = 1

    private static let none: UInt8 = 255
    static let learnedLimit = 16

    init() {}

    init(fields: [UInt32], typicalLayout: UInt64, typicalClock: Int) {
        self.typicalLayout = typicalLayout
        self.typicalClock = typicalClock
        for field in fields { _ = place(adding: field) }
    }

    /// The field's place as one bit; 0 when all are taken.
    mutating func place(adding field: UInt32) -> UInt64 {
        if Int(field) >= places.count { places += [UInt8](repeating: Self.none, count: Int(field) + 1 - places.count) }
        if places[Int(field)] == Self.none {
            guard fields.count < Cell.placeLimit else { return 0 }
            places[Int(field)] = UInt8(fields.count)
            fields.append(field)
        }
        return 1 << UInt64(places[Int(field)])
    }

    /// What the lanes need to know.
    var typical: TypicalCell {
        var typical = TypicalCell(layout: typicalLayout, clock: typicalClock, fields: InlineArray(repeating: 0))
        for (place, field) in fields.enumerated() { typical.fields[place] = field }
        return typical
    }

    /// Learns from a record that outgrew its cell.
    mutating func learn(layout: UInt64, clock: Int) {
        if (typicalLayout | layout).nonzeroBitCount <= Self.learnedLimit { typicalLayout |= layout }
        typicalClock = max(typicalClock, min(clock, Self.learnedLimit))
    }
}
