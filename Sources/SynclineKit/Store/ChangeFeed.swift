internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import Synchronization

/// Tells observers what each growth of the log has changed. Its methods are called by whoever has the turn with the store.
final class ChangeFeed: Sendable {
    private struct State {
        var observers: [Observer] = []
        /// The records in conflict, as long as somebody observes.
        var open: Set<EventCore.RecordKey> = []
        var isOver = false
    }

    private struct Observer {
        weak var mailbox: Changes.Mailbox?
    }

    private let state = Mutex(State())

    /// Changes from now on.
    func subscribe(_ store: Replica<POSIXVolume>) throws -> Changes {
        let changes = Changes()
        try state.withLock { state in
            guard !state.isOver else { return changes.mailbox.bell.finish() }
            state.observers.removeAll { $0.mailbox == nil }
            if state.observers.isEmpty { state.open = try Self.openConflicts(of: store, in: nil) }
            state.observers.append(Observer(mailbox: changes.mailbox))
        }
        return changes
    }

    /// The log has grown from `end` on.
    func grew(_ store: Replica<POSIXVolume>, from end: Position) {
        state.withLock { state in
            state.observers.removeAll { $0.mailbox == nil }
            guard !state.observers.isEmpty else { return }
            do {
                let change = try Self.change(in: store, from: end, &state.open)
                for observer in state.observers { observer.mailbox?.add(change) }
            } catch {
                // What they have been told is all that can be known; whoever asks the store next is told why.
                Self.end(&state)
            }
        }
    }

    /// Nothing more will change.
    func end() { state.withLock { Self.end(&$0) } }

    private static func end(_ state: inout State) {
        for observer in state.observers { observer.mailbox?.bell.finish() }
        state.observers = []
        state.isOver = true
    }

    private static func change(
        in store: Replica<POSIXVolume>, from end: Position, _ open: inout Set<EventCore.RecordKey>
    ) throws -> Change {
        let (keys, devices) = try store.touched(from: end)
        let before = open
        var (new, settled): (Set<EventCore.RecordKey>, Set<EventCore.RecordKey>) = ([], [])
        for key in keys {
            let isOpen = try store.decided(key)?.isOpen == true
            if isOpen != before.contains(key) { if isOpen { new.insert(key) } else { settled.insert(key) } }
        }
        // Another policy may decide, or leave open, every conflict of its collection.
        for collection in Set(keys.filter { $0.collection == .policies }.map(\.record)) {
            let now = try openConflicts(of: store, in: collection)
            new.formUnion(now.subtracting(before))
            settled.formUnion(before.filter { $0.collection == collection && !now.contains($0) })
        }
        open.subtract(settled)
        open.formUnion(new)
        return Change(
            records: keys.map { RecordKey($0) }, devices: Set(devices.map { DeviceID($0) }),
            newConflicts: new.sorted().map { RecordKey($0) },
            settledConflicts: settled.sorted().map { RecordKey($0) })
    }

    private static func openConflicts(
        of store: Replica<POSIXVolume>, in collection: EventCore.Name?
    ) throws -> Set<EventCore.RecordKey> {
        var open: Set<EventCore.RecordKey> = []
        try store.openConflicts(in: collection) { conflict in
            open.insert(conflict.key)
            return true
        }
        return open
    }
}
