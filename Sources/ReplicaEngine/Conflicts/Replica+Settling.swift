package import EventCore

extension Conflict {
    /// The contested fields that a write leaves uncontested; nil where it ends nothing of the conflict. Any write ends delete against edit, and a conflict of whole edits.
    package func fieldsSettled(by body: EventBody) -> [Name]? {
        let contested = fields.map(\.field)
        guard case .write(let set, let unset) = body else { return contested }
        let written = Set(set.map(\.field) + unset)
        if isOfWholeEdits {
            // One event that has seen all heads ends that, whatever it writes; a field that these contest stays so.
            let stillContested = Set(record.fields.filter(\.isContested).map(\.field)).subtracting(written)
            return contested.filter { !stillContested.contains($0) }
        }
        let settled = contested.filter(written.contains)
        return settled.isEmpty && !isDeleteAgainstEdit ? nil : settled
    }
}

extension Replica {
    /// Commits drafts as `commit` does. One that ends a conflict is of kind `resolve`, and remembered as the answer to it.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970.
    /// - Returns: the events, and for each the conflict that it ends and the fields that it settles.
    /// - Throws: what `commit` throws.
    package func commitSettling(
        _ drafts: [Draft], wall: UInt64
    ) throws(ReplicaError) -> [(event: Event, settled: (conflict: Conflict, fields: [Name])?)] {
        var settling: [(conflict: Conflict, fields: [Name])?] = []
        var settlingDrafts: [Draft] = []
        for draft in drafts {
            var (draft, settled) = (draft, Optional<(conflict: Conflict, fields: [Name])>.none)
            if let conflict = try conflict(draft.key), let fields = conflict.fieldsSettled(by: draft.body) {
                settled = (conflict, fields)
                if draft.kind == .edit { draft.kind = .resolve }
            }
            settling.append(settled)
            settlingDrafts.append(draft)
        }
        let events = try commit(settlingDrafts, wall: wall)
        let ending = zip(settlingDrafts, settling).compactMap { draft, settled in settled.map { (draft, $0.conflict) } }
        if !ending.isEmpty { remember(ending.map(\.0), settling: ending.map(\.1), wall: wall) }
        return Array(zip(events, settling)).map { (event: $0, settled: $1) }
    }
}
