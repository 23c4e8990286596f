package import EventCore

/// One side of a conflict: an event that a contested entry or a live delete comes from.
package struct Side: Hashable, Sendable {
    /// The event.
    package let event: Event
    /// The record as this side saw it: the fold of the event's context and itself; of a side that an undo brought back, of the event whose entries it brought back.
    package let record: Record
    /// Of an undo for each field that it wrote the event whose value it brought back, for a delete under nil; none where there was nothing to bring back.
    package let restored: [Name?: Dot]
    /// Of a side that an undo brought back together with others, the event whose entries it brought back; mostly the event itself. Its device's side it is.
    package let standsFor: Dot
    /// Under which lease it was written; of a side that an undo brought back, under which that was.
    let epoch: UInt64

    package init(event: Event, record: Record, epoch: UInt64? = nil, restored: [Name?: Dot] = [:], standsFor: Dot? = nil) {
        self.standsFor = standsFor ?? event.dot
        self.epoch = epoch ?? event.epoch
        self.event = event
        self.record = record
        self.restored = restored
    }

    /// The event's name, which names the side.
    package var dot: Dot { event.dot }
    /// Whether this side deleted the record.
    package var isDelete: Bool { event.body == .delete }
}

/// A field on which sides disagree.
package struct FieldConflict: Hashable, Sendable {
    package let field: Name
    /// What the field held after just those events that every contesting version had seen: nothing, one entry, or several; nil is *removed*.
    package let base: [FieldValue?]
    /// The contesting entries, greatest rank first. Where whole edits are in conflict, what each side's record shows.
    package let versions: [Version]
    /// The field's policy.
    package let policy: Policy
    /// What the policy makes of it; open when it does not fit, or there is none.
    package let decision: Decision

    /// What merges by itself: what the policy decides, else sides that hold the base give way, arrays merge as sets and texts by line.
    package var merge: Decision {
        decision.isOpen ? AutomaticMerge(base: base, values: versions.map(\.value)).decision : decision
    }
}

/// A record whose siblings disagree. A value, not a mode: it may be listed, resolved on any device, undone, or left alone.
package struct Conflict: Hashable, Sendable {
    package let record: Record
    /// The contested fields, those that a policy decides included, sorted by name; none in a pure delete against edit.
    package let fields: [FieldConflict]
    /// Whether a delete and a live value stand side by side.
    package let isDeleteAgainstEdit: Bool
    /// Whether the edits as a whole are in conflict: policy `record`, and more than one head. The sides are the heads.
    package let isOfWholeEdits: Bool
    /// The record after just those events that every side had seen; nil when there was none.
    package let base: Record?
    /// Greatest rank first; of a side that an undo brought back counts the rank that it had.
    package let sides: [Side]
    /// The policy of `*`, which decides delete against edit.
    package let policy: Policy

    package var key: RecordKey { record.key }

    /// The side that the policy takes where delete stands against edit; nil when none does.
    package var winner: Side? {
        guard isDeleteAgainstEdit else { return nil }
        let winner = policy.winner(sides.map { Contender(value: nil, rank: $0.event.rank, epoch: $0.epoch) })
        return winner.flatMap { winner in sides.first { $0.dot == winner.rank.dot } }
    }

    /// Whether delete stands against edit and no policy decides it.
    package var isDeletionOpen: Bool { isDeleteAgainstEdit && winner == nil }

    /// The fields that no policy decides.
    package var openFields: [FieldConflict] { winner?.isDelete == true ? [] : fields.filter(\.decision.isOpen) }

    /// Whether a person has to decide something.
    package var isOpen: Bool { isDeletionOpen || isOfWholeEdits || !openFields.isEmpty }

    /// Whether the record is gone for whoever reads it.
    package var isDeleted: Bool { winner.map(\.isDelete) ?? record.isDeleted }

    /// What is shown, sorted by field: what policies decide, else the entry of the greatest rank.
    package var shown: [FieldWrite] {
        if isDeleted { return [] }
        let decisions = Dictionary(uniqueKeysWithValues: fields.map { ($0.field, $0.decision) })
        var shown = record.shown.filter { decisions[$0.field, default: .open].isOpen }
        for (field, decision) in decisions { if case .value(let value) = decision { shown.append(FieldWrite(field: field, value: value)) } }
        // The edit that won stands for the record as its side saw it.
        let live = Set(record.fields.map(\.field))
        shown += winner?.record.shown.filter { !live.contains($0.field) } ?? []
        return shown.sorted { $0.field < $1.field }
    }
}
