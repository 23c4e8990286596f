internal import EventCore
internal import LogStore

/// The `decisions` file of a store: what policies decide of the records in conflict, so that nobody has to read their histories again. Its content (`DerivedFile`):
///
/// - what may be decided: fields, each 0 for delete against edit, else 1 and its name; 1 where something is open all the same
/// - collections: name; the policies that stood: that of `*`, then fields, each with its own; records: newest event's position as a delta, number of what is decided
///
/// Numbers are varints, lists begin with their count, names and policies' words are a length byte and UTF-8.
///
/// A record that has a newer event than the one that is named is another one; so what stands here is right or not found.
struct SavedDecisions {
    static let fileName = "decisions"
    private static let magic: StaticString = "SYNCDEC2"

    /// Of the records in conflict of one collection.
    struct OfCollection {
        let policies: CollectionPolicies
        /// Their newest events, ascending.
        fileprivate(set) var positions: [UInt32] = []
        fileprivate(set) var numbers: [UInt32] = []
    }

    /// Records are named that had no event behind it; nil where all are.
    let end: SealedEnd?
    private(set) var collections: [Name: OfCollection] = [:]
    private var outcomes = Numbering<Decided>()

    init(at end: SealedEnd?) { self.end = end }

    /// What is decided of the record whose newest event stands at a position; nil where that is not known.
    func decided(at newest: Position, in collection: Name, under policies: CollectionPolicies) -> Decided? {
        guard let own = collections[collection], own.policies == policies else { return nil }
        return index(of: newest, own).map { outcomes.values[Int(own.numbers[$0])] }
    }

    private func index(of newest: Position, _ own: OfCollection) -> Int? {
        let place = own.positions.partitionPoint { $0 < newest.index }
        return place < own.positions.count && own.positions[place] == newest.index ? place : nil
    }

    /// How many of a collection's records are open that had no event behind the end.
    func openCount(in collection: Name) -> Int {
        let isOpen = outcomes.values.map(\.isOpen)
        return collections[collection]?.numbers.count { isOpen[Int($0)] } ?? 0
    }

    /// Takes in a collection.
    mutating func add(_ collection: Name, _ policies: CollectionPolicies, _ records: [(newest: Position, decided: Decided)]) {
        var own = OfCollection(policies: policies)
        for record in records.sorted(by: { $0.newest < $1.newest }) {
            own.positions.append(UInt32(truncatingIfNeeded: record.newest.index))
            own.numbers.append(UInt32(outcomes.number(of: record.decided)))
        }
        collections[collection] = own
    }

    // MARK: - The file

    /// nil unless the bytes are whole.
    init?(_ bytes: [UInt8]) {
        let saved = DerivedFile.read(Self.magic, bytes) { (end, cursor) throws(BlockError) in try SavedDecisions(end, &cursor) }
        guard let saved else { return nil }
        self = saved
    }

    private init(_ end: SealedEnd, _ cursor: inout ByteCursor) throws(BlockError) {
        self.end = end
        for _ in 0..<(try cursor.count()) {
            var decided = Decided(isOpen: false)
            for _ in 0..<(try cursor.count()) { decided.fields.insert(try cursor.varint() == 0 ? nil : try cursor.name()) }
            decided.isOpen = try cursor.varint() != 0
            _ = outcomes.number(of: decided)
        }
        for _ in 0..<(try cursor.count()) {
            let collection = try cursor.name()
            let rest = try Self.policy(&cursor)
            var fields: [Name: Policy] = [:]
            for _ in 0..<(try cursor.count()) { fields[try cursor.name()] = try Self.policy(&cursor) }
            var own = OfCollection(policies: CollectionPolicies(fields: fields, rest: rest))
            let count = try cursor.count(unitBytes: 2)
            own.positions.reserveCapacity(count)
            own.numbers.reserveCapacity(count)
            var last: UInt64 = 0
            for _ in 0..<count {
                let start = cursor.offset
                last &+= try cursor.varint()
                let number = try cursor.varint()
                guard number < UInt64(outcomes.values.count), let position = UInt32(exactly: last) else { throw .malformed(offset: start) }
                own.positions.append(position)
                own.numbers.append(UInt32(number))
            }
            collections[collection] = own
        }
    }

    private static func policy(_ cursor: inout ByteCursor) throws(BlockError) -> Policy {
        let start = cursor.offset
        guard let policy = Policy(word: try cursor.name().utf8) else { throw .malformed(offset: start) }
        return policy
    }

    /// The file; nil where there is no end that it reaches to.
    var bytes: [UInt8]? {
        guard let end else { return nil }
        var bytes: [UInt8] = []
        func append(_ name: some Collection<UInt8>) { bytes += [UInt8(name.count)] + name }
        bytes.appendVarint(outcomes.values.count)
        for decided in outcomes.values {
            bytes.appendVarint(decided.fields.count)
            for field in decided.fields.sorted(by: { ($0?.utf8 ?? []).lexicographicallyPrecedes($1?.utf8 ?? []) }) {
                bytes.append(field == nil ? 0 : 1)
                if let field { append(field.utf8) }
            }
            bytes.append(decided.isOpen ? 1 : 0)
        }
        bytes.appendVarint(collections.count)
        for (collection, own) in collections.sorted(by: { $0.key < $1.key }) {
            append(collection.utf8)
            append(Array(own.policies.rest.word.utf8))
            bytes.appendVarint(own.policies.fields.count)
            for (field, policy) in own.policies.fields.sorted(by: { $0.key < $1.key }) {
                append(field.utf8)
                append(Array(policy.word.utf8))
            }
            bytes.appendVarint(own.positions.count)
            var last: UInt32 = 0
            for (position, number) in zip(own.positions, own.numbers) {
                bytes.appendVarint(UInt64(position - last))
                bytes.appendVarint(UInt64(number))
                last = position
            }
        }
        return DerivedFile.bytes(Self.magic, at: end, bytes)
    }
}
