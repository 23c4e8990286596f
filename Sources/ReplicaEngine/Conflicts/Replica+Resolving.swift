package import EventCore

/// Resolving: an ordinary event whose context covers every sibling it saw.
extension Replica {
    /// The draft that takes the given sides: per contested field the entry that one of them has; a field in which none has one stays open.
    /// Where delete stands against edit, a delete's side deletes, an edit's sets all that the record was to it.
    ///
    /// - Throws: `.notASide` for a dot that is no side of the conflict, or the second of two that cannot both be taken.
    package func resolution(of conflict: Conflict, choosing dots: [Dot], note: Note? = nil) throws(ReplicaError) -> Draft {
        var set: [Name: FieldValue] = [:]
        var unset: Set<Name> = []
        for dot in dots {
            guard let side = conflict.sides.first(where: { $0.dot == dot }) else { throw .notASide(dot) }
            if conflict.isDeleteAgainstEdit {
                if side.isDelete {
                    guard dots.allSatisfy({ dot in conflict.sides.contains { $0.dot == dot && $0.isDelete } }) else { throw .notASide(dot) }
                    return Draft(key: conflict.key, body: .delete, kind: .resolve, note: note)
                }
                for write in side.record.shown { set[write.field] = write.value }
            }
            for field in conflict.fields {
                guard let version = field.versions.first(where: { $0.dot == dot }) else { continue }
                guard set[field.field] == nil || set[field.field] == version.value, !unset.contains(field.field) || version.value == nil
                else {
                    throw .notASide(dot)
                }
                if let value = version.value { set[field.field] = value } else { unset.insert(field.field) }
            }
        }
        return try draft(conflict.key, set, unset, note)
    }

    /// The draft that sets fields to other values, or to none.
    package func resolution(
        of conflict: Conflict, setting writes: [FieldWrite], unsetting fields: [Name] = [], note: Note? = nil
    ) throws(ReplicaError) -> Draft {
        do throws(EventError) {
            return Draft(key: conflict.key, body: try .writing(set: writes, unset: fields), kind: .resolve, note: note)
        } catch { throw .invalidDraft(error) }
    }

    private func draft(
        _ key: RecordKey, _ set: [Name: FieldValue], _ unset: Set<Name>, _ note: Note?
    ) throws(ReplicaError) -> Draft {
        do throws(EventError) {
            let writes = set.map { FieldWrite(field: $0.key, value: $0.value) }
            let removed = unset.filter { set[$0] == nil }
            return Draft(key: key, body: try .writing(set: writes, unset: Array(removed)), kind: .resolve, note: note)
        } catch { throw .invalidDraft(error) }
    }
}
