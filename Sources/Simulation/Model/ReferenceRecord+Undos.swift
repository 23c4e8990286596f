package import EventCore

/// Conflicts that an undo opened again.
extension ReferenceRecord {
    /// For each of these events the one that it stands for. Where several of them were brought back by one undo (one device's, undoing one event, with one context), each stands for the one event that it brought
    /// back, and so on.
    ///
    /// - Parameter wanted: the fields that count; nil for all and for deletes.
    package func stoodFor(by dots: Set<Dot>, in wanted: Set<Name>?) -> [Dot: Dot] {
        let byDot = Dictionary(uniqueKeysWithValues: events.map { ($0.dot, $0) })
        var found = Dictionary(uniqueKeysWithValues: dots.map { ($0, $0) })
        var looked: Set<[Dot: Dot]> = []
        while looked.insert(found).inserted {
            let contesting = found.values.compactMap { byDot[$0] }
            found = found.mapValues { dot in
                guard let event = byDot[dot], contesting.contains(where: { $0.dot != dot && Self.areOneAct($0, event) }) else { return dot }
                let earlier = broughtBack(by: event, wanted)
                return earlier.count == 1 ? earlier.first ?? dot : dot
            }
        }
        return found
    }

    private static func areOneAct(_ left: Event, _ right: Event) -> Bool {
        left.undoes != nil && left.undoes == right.undoes && left.dot.device == right.dot.device && left.context == right.context
    }

    private func broughtBack(by undo: Event, _ wanted: Set<Name>?) -> Set<Dot> {
        guard let target = events.first(where: { $0.dot == undo.undoes }) else { return [] }
        let seen = Self.context(target)
        let before = ReferenceRecord(key: key, events: events.filter { Self.covers(seen, $0.dot) })
        var (sure, alike): (Set<Dot>, [(found: Set<Dot>, paired: Set<Dot>)]) = ([], [])
        func note(_ found: Set<Dot>, _ isAlike: (Event) -> Bool) {
            if found.count > 1 { alike.append((found, paired(undo, with: found, isAlike))) } else { sure.formUnion(found) }
        }
        switch undo.body {
        case .delete: note(before.tombstones) { $0.body == .delete }
        case .write(let set, let unset):
            for (field, value) in set.map({ ($0.field, Optional($0.value)) }) + unset.map({ ($0, nil) })
            where wanted?.contains(field) ?? true {
                note(Set((before.fields[field] ?? []).filter { $0.value == value }.map(\.dot))) { Self.writes($0, field, value) }
            }
        }
        func haveSeenEachOther(_ one: Dot, _ other: Dot) -> Bool {
            one == other || events.contains { $0.dot == one && $0.context.covers(other) || $0.dot == other && $0.context.covers(one) }
        }
        var dots = sure
        for (found, paired) in alike {
            let own = found.filter { dot in sure.contains { haveSeenEachOther($0, dot) } }
            dots.formUnion(own.count == 1 ? own : paired)
        }
        return dots.filter { dot in !events.contains { $0.dot != dot && dots.contains($0.dot) && Self.covers(Self.context($0), dot) } }
    }

    /// Of several that are alike the one that an undo's event stands for: both in the order of their ranks.
    private func paired(_ undo: Event, with alike: Set<Dot>, _ isAlike: (Event) -> Bool) -> Set<Dot> {
        let act = events.filter { ($0.dot == undo.dot || Self.areOneAct($0, undo)) && isAlike($0) }.map(\.dot).sorted()
        let ranked = events.filter { alike.contains($0.dot) }.sorted { $0.rank < $1.rank }.map(\.dot)
        guard act.count == ranked.count, ranked.count > 1, let place = act.firstIndex(of: undo.dot) else { return alike }
        return [ranked[place]]
    }

    private static func writes(_ event: Event, _ field: Name, _ value: FieldValue?) -> Bool {
        guard case .write(let set, let unset) = event.body else { return false }
        return value.map { set.contains(FieldWrite(field: field, value: $0)) } ?? unset.contains(field)
    }
}
