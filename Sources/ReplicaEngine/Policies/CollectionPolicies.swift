package import EventCore

/// The policies of one collection: the record `_policy/COLLECTION`, whose fields are named after the collection's, or `*` for the rest.
package struct CollectionPolicies: Hashable, Sendable {
    /// Of single fields; `manual` where a word is none that this version knows.
    package let fields: [Name: Policy]
    /// Of all other fields, and of delete against edit.
    package let rest: Policy

    private init(fields: [Name: Policy], rest: Policy) {
        self.fields = fields
        self.rest = rest
    }

    /// What `_policy/COLLECTION` shows.
    init(_ shown: [FieldWrite]) {
        var fields: [Name: Policy] = [:]
        for write in shown { fields[write.field] = write.value.text.flatMap { Policy(word: $0) } ?? .manual }
        rest = fields.removeValue(forKey: .restOfFields) ?? .manual
        // A single field is no record.
        self.fields = fields.mapValues { $0 == .record ? .manual : $0 }
    }

    /// A person decides everything.
    static let none = CollectionPolicies(fields: [:], rest: .manual)
    /// How policies themselves are read.
    static let ofPolicies = CollectionPolicies(fields: [:], rest: .master)

    /// Whether no policy decides anything.
    package var isEmpty: Bool { rest == .manual && fields.values.allSatisfy { $0 == .manual } }

    /// The policy of a field.
    package subscript(field: Name) -> Policy { fields[field] ?? (rest == .record ? .manual : rest) }

    /// Whether what a field shows may be a value that no event wrote.
    func makesValues(of field: Name) -> Bool { self[field] == .union || self[field] == .text }

    /// Whether a contested record stays open, as far as its values tell; nil when that depends on its history: on a base, or on what edits had seen.
    func leavesOpen(_ record: Record) -> Bool? {
        if isConflictOfWholeEdits(record) { return true }
        if record.isDeleteAgainstEdit && rest != .latest && rest != .master { return true }
        var isKnown = true
        var isOpen = false
        for field in record.fields where field.isContested {
            switch decides(field) {
            case true?: continue
            case false?: isOpen = true
            case nil: isKnown = false
            }
        }
        // A delete that wins takes the fields with it.
        if isOpen && !record.isDeleteAgainstEdit { return true }
        return isOpen || !isKnown ? nil : false
    }

    /// Which contested fields of a record are decided, as far as its values tell; nil when that depends on its history, or a delete or whole edits stand against each other.
    func decidedFields(of record: Record) -> Set<Name>? {
        guard !isConflictOfWholeEdits(record), !record.isDeleteAgainstEdit else { return nil }
        var decided: Set<Name> = []
        for field in record.fields where field.isContested {
            guard let isDecided = decides(field) else { return nil }
            if isDecided { decided.insert(field.field) }
        }
        return decided
    }

    /// Whether the policy of a contested field decides it, as far as its values tell; nil when that depends on its history.
    private func decides(_ field: RecordField) -> Bool? {
        switch self[field.field] {
        case .manual, .record: return false
        case .latest, .master: return true
        case .max, .min:
            let contenders = field.versions.map {
                Contender(value: $0.value, rank: Rank(time: HybridTime(packed: 0), dot: $0.dot), epoch: 0)
            }
            return !self[field.field].decision(base: [], contenders: contenders).isOpen
        case .union, .text: return nil
        }
    }

    /// Whether edits that did not see each other are in conflict as a whole.
    package func isConflictOfWholeEdits(_ record: Record) -> Bool { rest == .record && record.heads.count > 1 }
}

extension Name {
    /// What stands for all fields that are not named: `*`.
    package static let restOfFields = Name(unchecked: [UInt8(ascii: "*")])
}
