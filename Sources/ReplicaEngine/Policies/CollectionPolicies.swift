package import EventCore

/// The policies of one collection: the record `_policy/COLLECTION`, whose fields are named after the collection's, or `*` for the rest.
package struct CollectionPolicies: Hashable, Sendable {
    /// Of single fields; `manual` where a word is none that this version knows.
    package let fields: [Name: Policy]
    /// Of all other fields, and of delete against edit.
    package let rest: Policy

    init(fields: [Name: Policy], rest: Policy) {
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

    /// Whether edits that did not see each other are in conflict as a whole.
    package func isConflictOfWholeEdits(_ record: Record) -> Bool { rest == .record && record.heads.count > 1 }
}

extension Name {
    /// What stands for all fields that are not named: `*`.
    package static let restOfFields = Name(unchecked: [UInt8(ascii: "*")])
}
