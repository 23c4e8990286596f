/// What stands side by side in a record right after an event that found siblings there, or left some.
package struct SiblingChange: Hashable, Sendable {
    /// A field with several entries.
    package struct Siblings: Hashable, Sendable {
        package let field: Name
        package let dots: [Dot]
        /// Whether two of them differ.
        package let isContested: Bool
    }

    package let key: RecordKey
    /// The event.
    package let dot: Dot
    /// Whether its writer had not seen all that others wrote of its record in the log before it.
    package let isConcurrent: Bool
    /// Sorted.
    package let fields: [Siblings]
    package let tombstones: [Dot]
    /// The events of the live values that stand beside tombstones; none where there is no tombstone.
    package let beside: [Dot]

    /// Whether the event brought several sides of a field back, or of delete against edit where it is nil: it is one of them beside another one of its device, which knew that one. Only an undo writes such.
    package func bringsBack(_ field: Name?) -> Bool {
        func isOwn(_ other: Dot) -> Bool { other.device == dot.device && other != dot }
        guard let field else {
            return tombstones.contains(dot)
                ? (tombstones + beside).contains(where: isOwn) : beside.contains(dot) && tombstones.contains(where: isOwn)
        }
        return fields.contains { $0.field == field && $0.dots.contains(dot) && $0.dots.contains(where: isOwn) }
    }

    /// Whether it brought several sides of anything back.
    package var bringsBack: Bool { bringsBack(nil) || fields.contains { bringsBack($0.field) } }
}

/// Notes what a lane's events do to siblings. Nothing of it lies in the path of an event that finds none and leaves none, so a table that is watched folds as
/// fast as another one.
final class SiblingWatch {
    struct Note {
        let collection: UInt32
        let record: Name
        let event: DotPair
        var isConcurrent = false
        var fields: [(field: UInt32, dots: [DotPair], isContested: Bool)] = []
        var tombstones: [DotPair] = []
        var beside: [DotPair] = []
    }

    private var notes: [Note] = []

    /// Notes what `cell` holds besides a single head and single entries once the event has been applied.
    func note(_ event: DotPair, _ cell: Cell, in view: TableView, _ typical: UnsafePointer<TypicalCell>) {
        let id = UnsafeRawBufferPointer(start: cell.key, count: cell.keyLength)
        var note = Note(collection: cell.collection, record: Name(unchecked: Array(id)), event: event)
        var entries: [(field: UInt32, slot: Slot)] = []
        view.forEachNode(cell) { node in
            if node.isOf(.entry) { entries.append((node.field, node.slot)) }
            if node.isOf(.head) && node.slot.device != event.device { note.isConcurrent = true }
            if node.isOf(.tombstone) { note.tombstones.append(DotPair(node.slot)) }
        }
        if !entries.isEmpty || !note.tombstones.isEmpty {
            view.forEachSlot(cell) { place, slot in entries.append((typical[Int(cell.collection)].fields[place.trailingZeroBitCount], slot))
            }
            entries.sort { $0.field < $1.field }
        }
        var first = 0
        while first < entries.count {
            let (field, slot) = entries[first]
            let end = entries[first...].firstIndex { $0.field != field } ?? entries.count
            if end - first > 1 {
                let alike = entries[first..<end].allSatisfy { $0.slot.holdsSame(as: slot, blobs: view.blobs) }
                note.fields.append((field, entries[first..<end].map { DotPair($0.slot) }, !alike))
            }
            first = end
        }
        if !note.tombstones.isEmpty { note.beside = entries.filter { !$0.slot.isRemoved }.map { DotPair($0.slot) } }
        notes.append(note)
    }

    func take() -> [Note] {
        defer { notes.removeAll(keepingCapacity: true) }
        return notes
    }
}

extension DotPair {
    fileprivate init(_ slot: Slot) { self.init(device: slot.device, seq: slot.seq) }
}

extension RecordTable {
    /// Takes note of siblings from here on: `takeSiblingChanges` has to be called now and then.
    package mutating func watchSiblings() { watches = [SiblingWatch(), SiblingWatch()] }

    /// What the events that were folded since the last call did to siblings: those of one record in the order of the log.
    package func takeSiblingChanges() -> [SiblingChange] {
        let (devices, collections, fields) = (devices.devices, collections.names, fields.names)
        func dots(_ pairs: [DotPair]) -> [Dot] { pairs.map { Dot(device: devices[Int($0.device)], seq: UInt64($0.seq)) } }
        return watches.flatMap { $0.take() }.map { note in
            SiblingChange(
                key: RecordKey(collection: collections[Int(note.collection)], record: note.record), dot: dots([note.event])[0],
                isConcurrent: note.isConcurrent,
                fields: note.fields.map { field, pairs, isContested in
                    SiblingChange.Siblings(field: fields[Int(field)], dots: dots(pairs), isContested: isContested)
                }.sorted { $0.field < $1.field },
                tombstones: dots(note.tombstones), beside: dots(note.beside))
        }
    }
}
