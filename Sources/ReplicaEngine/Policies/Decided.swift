internal import EventCore

/// What policies decide of a record in conflict.
struct Decided: Hashable, Sendable {
    /// The contested fields that a policy decides; nil stands for delete against edit.
    var fields: Set<Name?> = []
    /// Whether a person has to decide something all the same.
    var isOpen: Bool
}

extension CollectionPolicies {
    /// What of a record they decide, as far as its values tell; nil when that depends on its history: on a base, or on what edits had seen.
    func decided(of record: Record) -> Decided? {
        if isConflictOfWholeEdits(record) { return Decided(isOpen: true) }
        if record.isDeleteAgainstEdit && (rest == .latest || rest == .master) { return nil }
        var decided = Decided(isOpen: record.isDeleteAgainstEdit)
        for field in record.fields where field.isContested {
            guard let isDecided = decides(field) else { return nil }
            if isDecided { decided.fields.insert(field.field) } else { decided.isOpen = true }
        }
        return decided
    }

    /// Whether the policy of a contested field decides it, as far as its values tell; nil when that depends on a base.
    func decides(_ field: RecordField) -> Bool? {
        let policy = self[field.field]
        switch policy {
        case .manual, .record: return false
        case .latest, .master: return true
        case .max, .min, .union:
            // What sets hold depends on the base, not whether they are sets.
            let contenders = field.versions.map {
                Contender(value: $0.value, rank: Rank(time: HybridTime(packed: 0), dot: $0.dot), epoch: 0)
            }
            return !policy.decision(base: [], contenders: contenders).isOpen
        case .text: return field.versions.allSatisfy { $0.value?.text != nil } ? nil : false
        }
    }

    /// Whether a field may show what none of its entries holds.
    func mayMakeValues(of field: Name) -> Bool { self[field] == .union || self[field] == .text }
}
