package import EventCore

/// The fold of one record's rows in the order of a log: live entries and deletes, without clocks. For the audit, which looks at few records, event by event.
///
/// A context that is written as heads stands for all that the record had in the log until then, so it covers everything before it.
package struct FieldFold: Sendable {
    package private(set) var entries: [Name: [Version]] = [:]
    package private(set) var tombstones: [Dot] = []

    package init() {}

    init(_ entries: [Name: [Version]], _ tombstones: [Dot]) { (self.entries, self.tombstones) = (entries, tombstones) }

    /// Goes on where a record stands.
    init(_ record: Record?) {
        for field in record?.fields ?? [] { entries[field.field] = field.versions }
        tombstones = record?.tombstones ?? []
    }

    package mutating func apply(_ row: BlockReader.Row) {
        tombstones.removeAll { row.covers($0) }
        switch row.body {
        case .delete:
            for field in Array(entries.keys) { drop(field, row) }
            tombstones.append(row.dot)
        case .write(let set, let unset):
            for write in set { add(write.value, to: write.field, row) }
            for field in unset { add(nil, to: field, row) }
        }
    }

    private mutating func add(_ value: FieldValue?, to field: Name, _ row: BlockReader.Row) {
        entries[field, default: []].removeAll { row.covers($0.dot) }
        entries[field, default: []].append(Version(dot: row.dot, value: value))
    }

    private mutating func drop(_ field: Name, _ row: BlockReader.Row) {
        entries[field]?.removeAll { row.covers($0.dot) }
        if entries[field]?.isEmpty == true { entries[field] = nil }
    }

    var isEmpty: Bool { entries.isEmpty && tombstones.isEmpty }

    /// The live entries of a field; none where it has none.
    package func versions(of field: Name) -> [Version] { entries[field] ?? [] }

    package func isContested(_ field: Name) -> Bool {
        let versions = versions(of: field)
        return versions.contains { $0.value != versions[0].value }
    }

    package var isDeleteAgainstEdit: Bool { !tombstones.isEmpty && entries.values.contains { $0.contains { $0.value != nil } } }

    package var isContested: Bool { isDeleteAgainstEdit || entries.keys.contains { isContested($0) } }
}

extension BlockReader.Row {
    /// Whether the writer of this row had seen an event of the record that stands before it in the log.
    package func covers(_ earlier: Dot) -> Bool {
        switch context {
        case .heads: true
        case .whole(let context): context.covers(earlier)
        }
    }

    /// Whether the writer had seen all that stands before it in the log.
    package var coversAll: Bool { if case .heads = context { true } else { false } }

    /// The fields that it writes; none for a delete.
    package var fields: [Name] {
        guard case .write(let set, let unset) = body else { return [] }
        return set.map(\.field) + unset
    }
}
