package import EventCore

/// A conflict and what has been answered so far: what a person builds up before one event settles it.
///
/// A value: every choice gives a new one, nothing is written before its draft is committed. Answers are per field; where delete stands against edit there is one for
/// the whole record, too: the delete, or the edit that is kept with all that the record was to it.
package struct Resolution: Hashable, Sendable {
    /// What becomes of a field, and where that comes from.
    package struct Answer: Hashable, Sendable {
        package enum Origin: Hashable, Sendable {
            case side(Dot)
            case base
            /// The values of all sides as a list.
            case both
            case merge
            case typed
        }

        /// nil removes the field.
        package let value: FieldValue?
        package let origin: Origin
    }

    /// What becomes of the record as a whole where a side deleted it.
    package enum Whole: Hashable, Sendable {
        case delete(Dot)
        /// The record as the edit's side saw it.
        case keep(Dot)
        /// The record as all sides had seen it.
        case base
    }

    package let conflict: Conflict
    package private(set) var whole: Whole?
    private var answers: [Name: Answer] = [:]
    /// What `whole` sets where no answer says otherwise.
    private var kept: [Name: Answer] = [:]

    /// Nothing answered yet.
    package init(of conflict: Conflict) { self.conflict = conflict }

    // MARK: - What has been answered

    /// What becomes of a field; nil while it is open, or not touched.
    package func answer(_ field: Name) -> Answer? { isDelete ? nil : answers[field] ?? kept[field] }

    /// The fields with an answer, sorted.
    package var answeredFields: [Name] { isDelete ? [] : Set(answers.keys).union(kept.keys).sorted() }

    /// Whether the record will be deleted.
    package var isDelete: Bool { if case .delete = whole { true } else { false } }

    /// The contested fields that no answer and no policy decides, sorted.
    package var openFields: [Name] { isDelete ? [] : conflict.openFields.map(\.field).filter { answer($0) == nil } }

    /// Whether it is still to be said which edit is kept, or that none is.
    package var isWholeOpen: Bool { whole == nil && (conflict.isDeletionOpen || (conflict.isOfWholeEdits && hasDelete)) }

    /// Whether the draft would leave nothing open.
    package var isComplete: Bool { !isWholeOpen && openFields.isEmpty && (isDelete || !answeredFields.isEmpty) }

    // MARK: - Choosing

    /// Takes sides for all that a person has to decide, or where policies decide everything, for all that is contested. A field in which they have no entry stays as it
    /// is. Of a delete's side the record is deleted; of an edit's, where delete stands against it, the record is kept as that side saw it.
    package func choosing(_ dots: [Dot]) throws(ResolutionError) -> Resolution {
        let sides = try sides(dots)
        var next = self
        if let first = sides.first, hasDelete {
            if sides.allSatisfy(\.isDelete) { return deleting(first.dot) }
            // Of one device's edits the newest has seen the others.
            if let newest = sides.first(where: { side in sides.allSatisfy { $0.dot == side.dot || side.event.context.covers($0.dot) } }),
                !sides.contains(where: \.isDelete)
            {
                return keeping(newest, with: dots)
            }
            throw .excludeEachOther(first.dot, sides[sides.count - 1].dot)
        }
        var count = 0
        for field in choosable {
            guard let answer = try answer(of: dots, in: field) else { continue }
            next.answers[field.field] = answer
            count += 1
        }
        guard count > 0 else { throw .noEntry(dots) }
        return next
    }

    /// Takes sides for the fields that are open; where nothing is answered about a delete yet, the same as choosing them.
    package func choosingRest(_ dots: [Dot]) throws(ResolutionError) -> Resolution {
        if isWholeOpen { return try choosing(dots) }
        guard !isComplete else { throw .nothingOpen }
        _ = try sides(dots)
        var next = self
        for field in openFields {
            if let conflict = conflict.fields.first(where: { $0.field == field }), let answer = try answer(of: dots, in: conflict) {
                next.answers[field] = answer
            }
        }
        guard next != self else { throw .noEntry(dots) }
        return next
    }

    /// Takes sides for one field.
    package func choosing(_ dots: [Dot], for field: Name) throws(ResolutionError) -> Resolution {
        let sides = try sides(dots)
        var next = try keepingAnEdit()
        if let contested = conflict.fields.first(where: { $0.field == field }) {
            guard let answer = try answer(of: dots, in: contested) else { throw .noEntryInField(field) }
            next.answers[field] = answer
            return next
        }
        // What is not contested by itself may still be at stake with the record.
        guard hasDelete else { throw .notContested(field) }
        guard let side = sides.first(where: { !$0.isDelete }) else { throw .noEntryInField(field) }
        next.answers[field] = Answer(value: side.record.shown(field), origin: .side(side.dot))
        return next
    }

    /// Sets a field to any value, or removes it with nil.
    package func setting(_ field: Name, to value: FieldValue?) throws(ResolutionError) -> Resolution {
        var next = try keepingAnEdit()
        next.answers[field] = Answer(value: value, origin: .typed)
        return next
    }

    /// Goes back to what all sides had seen: in one field, or in everything that is contested.
    package func takingBase(of field: Name? = nil) throws(ResolutionError) -> Resolution {
        if let field {
            guard let contested = conflict.fields.first(where: { $0.field == field }) else { throw .notContested(field) }
            var next = try keepingAnEdit()
            next.answers[field] = try base(of: contested)
            return next
        }
        var next = self
        if hasDelete {
            next.whole = .base
            next.answers = [:]
            next.kept = [:]
            for write in conflict.base?.shown ?? [] { next.kept[write.field] = Answer(value: write.value, origin: .base) }
            for field in conflict.record.shown.map(\.field) + conflict.fields.map(\.field) where next.kept[field] == nil {
                next.kept[field] = Answer(value: nil, origin: .base)
            }
            return next
        }
        for field in choosable { next.answers[field.field] = try base(of: field) }
        return next
    }

    /// Keeps the values of all sides as a list: in one field, or in everything that is contested.
    package func takingBoth(of field: Name? = nil) throws(ResolutionError) -> Resolution {
        if let field, !conflict.fields.contains(where: { $0.field == field }) { throw .notContested(field) }
        let fields = field.map { [$0] } ?? choosable.map(\.field)
        guard !fields.isEmpty else { throw .noValuesSideBySide }
        var next = try keepingAnEdit()
        for contested in conflict.fields where fields.contains(contested.field) { next.answers[contested.field] = try list(of: contested) }
        return next
    }

    /// Takes what merges by itself in the open fields, or in one field, and leaves the rest open.
    package func merging(_ field: Name? = nil) throws(ResolutionError) -> Resolution {
        if let field, !conflict.fields.contains(where: { $0.field == field }) { throw .notContested(field) }
        var next = self
        if let winner = conflict.winner, whole == nil { next = winner.isDelete ? deleting(winner.dot) : keepingShown(for: winner) }
        if next.isDelete || next.isWholeOpen { return next }
        for contested in conflict.fields where field.map({ $0 == contested.field }) ?? (answer(contested.field) == nil) {
            switch contested.merge {
            case .open: break
            case .value(let value): next.answers[contested.field] = Answer(value: value, origin: .merge)
            case .removed: next.answers[contested.field] = Answer(value: nil, origin: .merge)
            }
        }
        return next
    }

    /// Takes the answer of one field back; what was chosen for the record as a whole stays.
    package func clearing(_ field: Name) -> Resolution {
        var next = self
        next.answers[field] = nil
        return next
    }

    // MARK: - Helpers

    /// Whether the record as a whole is at stake.
    private var hasDelete: Bool { conflict.isDeleteAgainstEdit || conflict.sides.contains(where: \.isDelete) }

    /// What choosing a side is about.
    private var choosable: [FieldConflict] { conflict.openFields.isEmpty ? conflict.fields : conflict.openFields }

    private func sides(_ dots: [Dot]) throws(ResolutionError) -> [Side] {
        var sides: [Side] = []
        for dot in dots {
            guard let side = conflict.sides.first(where: { $0.dot == dot }) else { throw .notASide(dot) }
            sides.append(side)
        }
        return sides
    }

    /// The entry that one of the sides has; nil when none has one.
    private func answer(of dots: [Dot], in field: FieldConflict) throws(ResolutionError) -> Answer? {
        let entries = field.versions.filter { dots.contains($0.dot) }
        guard let entry = entries.first else { return nil }
        if let other = entries.first(where: { $0.value != entry.value }) { throw .excludeEachOther(entry.dot, other.dot) }
        return Answer(value: entry.value, origin: .side(entry.dot))
    }

    private func base(of field: FieldConflict) throws(ResolutionError) -> Answer {
        guard field.base.allSatisfy({ $0 == field.base[0] }) else { throw .severalBases(field.field) }
        return Answer(value: field.base.first ?? nil, origin: .base)
    }

    private func list(of field: FieldConflict) throws(ResolutionError) -> Answer {
        var items: [FieldValue] = []
        for value in field.versions.compactMap(\.value) where !items.contains(value) { items.append(value) }
        var writer = JSONWriter()
        writer.beginArray()
        for item in items { writer.canonical(item) }
        writer.endArray()
        do throws(JSONError) { return Answer(value: try FieldValue(json: writer.bytes), origin: .both) } catch {
            throw .tooDeep(field.field)
        }
    }

    private func deleting(_ dot: Dot) -> Resolution {
        var next = self
        next.whole = .delete(dot)
        next.answers = [:]
        next.kept = [:]
        return next
    }

    /// All that the record was to the edit's side, and the entries of these dots.
    private func keeping(_ side: Side, with dots: [Dot] = []) -> Resolution {
        var next = self
        next.whole = .keep(side.dot)
        next.answers = [:]
        next.kept = [:]
        for write in side.record.shown { next.kept[write.field] = Answer(value: write.value, origin: .side(side.dot)) }
        for field in conflict.fields {
            guard let entry = field.versions.first(where: { $0.dot == side.dot || dots.contains($0.dot) }) else { continue }
            next.kept[field.field] = Answer(value: entry.value, origin: .side(entry.dot))
        }
        return next
    }

    /// The record as the policy that takes this side shows it, without what is contested.
    private func keepingShown(for winner: Side) -> Resolution {
        var next = self
        next.whole = .keep(winner.dot)
        let contested = Set(conflict.fields.map(\.field))
        for write in conflict.shown where !contested.contains(write.field) {
            next.kept[write.field] = Answer(value: write.value, origin: .merge)
        }
        return next
    }

    /// To answer a field of a record that is deleted on one side means to keep it: as its one edit saw it, unless another choice was made before.
    package func keepingAnEdit() throws(ResolutionError) -> Resolution {
        guard hasDelete, whole == nil || isDelete else { return self }
        if let winner = conflict.winner, !winner.isDelete { return keeping(winner) }
        let edits = conflict.sides.filter { !$0.isDelete }
        guard let edit = edits.first, edits.count == 1 else { throw .editNeeded(edits.map(\.dot)) }
        return keeping(edit)
    }
}
