/// A block's numbers of the names that some prepared drafts have numbered themselves.
struct NameNumbers {
    private static let none = UInt32.max
    private var collections: [UInt32]
    private var fields: [UInt32]

    init(_ drafts: PreparedDrafts) {
        collections = [UInt32](repeating: Self.none, count: drafts.collections.names.count)
        fields = [UInt32](repeating: Self.none, count: drafts.fields.names.count)
    }

    @inline(__always)
    mutating func collection(_ number: UInt32, _ drafts: PreparedDrafts, _ block: inout NameTable) -> UInt32 {
        if collections[Int(number)] == Self.none {
            collections[Int(number)] = block.index(adding: drafts.collections.names[Int(number)])
        }
        return collections[Int(number)]
    }

    @inline(__always)
    mutating func field(_ number: UInt32, _ drafts: PreparedDrafts, _ block: inout NameTable) -> UInt32 {
        if fields[Int(number)] == Self.none { fields[Int(number)] = block.index(adding: drafts.fields.names[Int(number)]) }
        return fields[Int(number)]
    }

    /// Begins with another block.
    mutating func removeAll() {
        for index in collections.indices { collections[index] = Self.none }
        for index in fields.indices { fields[index] = Self.none }
    }
}
