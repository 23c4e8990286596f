package import EventCore
internal import LogStore

/// How the same question was answered on this device before. Offered, never applied unasked.
package struct Suggestion: Hashable, Sendable {
    /// nil is *removed*.
    package let value: FieldValue?
    /// When it was answered: milliseconds since 1970.
    package let milliseconds: UInt64
}

extension Replica {
    /// The last answer to the same base and sides of the same field, whichever record it was in; nil when there was none here.
    package func suggestion(for field: FieldConflict, in collection: Name) -> Suggestion? {
        rememberedAnswers().answer(to: field, in: collection)
    }

    /// Takes note of how committed drafts settled their conflicts. That this fails is no reason to fail for anything else.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970.
    package func remember(_ drafts: [Draft], settling conflicts: [Conflict], wall: UInt64) {
        var remembered = rememberedAnswers()
        var count = 0
        for (draft, conflict) in zip(drafts, conflicts) {
            guard case .write(let set, let unset) = draft.body else { continue }
            for field in conflict.fields {
                let value = set.first { $0.field == field.field }?.value
                guard value != nil || unset.contains(field.field) else { continue }
                remembered.add(value, to: field, in: conflict.key.collection, milliseconds: wall)
                count += 1
            }
        }
        if count > 0 { keep(remembered) }
    }

    /// Forgets how the fields of conflicts were settled: an undo took that back.
    package func forgetAnswers(to conflicts: [Conflict]) {
        var (remembered, forgotten) = (rememberedAnswers(), 0)
        for conflict in conflicts {
            forgotten += conflict.fields.count { remembered.remove(answerTo: $0, in: conflict.key.collection) }
        }
        if forgotten > 0 { keep(remembered) }
    }

    private func keep(_ remembered: RememberedAnswers) {
        answers = remembered
        let path = folder + "/" + RememberedAnswers.fileName
        do throws(VolumeError) {
            try volume.replaceSharedFile(path, in: folder, with: remembered.bytes)
        } catch {
            // Only a cache: the events are written, and they are what counts.
        }
    }

    private func rememberedAnswers() -> RememberedAnswers {
        if let answers { return answers }
        let read = RememberedAnswers((try? volume.wholeFile(folder + "/" + RememberedAnswers.fileName)) ?? [])
        answers = read
        return read
    }
}
