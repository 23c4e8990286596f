internal import Synchronization

/// What has become different in a store at once, or since somebody last looked.
public struct Change: Hashable, Sendable {
    /// The records that events have changed, each once.
    public internal(set) var records: [RecordKey]
    /// Who wrote these events: this device, or others that sync brought in.
    public internal(set) var devices: Set<DeviceID>
    /// The records that are in conflict since.
    public internal(set) var newConflicts: [RecordKey]
    /// The records that are not in conflict any more, here or elsewhere settled.
    public internal(set) var settledConflicts: [RecordKey]

    /// What came behind it is added: what has come and gone meanwhile is no news.
    mutating func add(_ later: Change) {
        let known = Set(records)
        records += later.records.filter { !known.contains($0) }
        devices.formUnion(later.devices)
        let (new, settled) = (Set(newConflicts), Set(settledConflicts))
        newConflicts.removeAll { later.settledConflicts.contains($0) }
        newConflicts += later.newConflicts.filter { !settled.contains($0) }
        settledConflicts.removeAll { later.newConflicts.contains($0) }
        settledConflicts += later.settledConflicts.filter { !new.contains($0) }
    }
}

/// The changes of a store from a moment on, one after the other; what comes while nobody asks is put together to one. For one loop; every `Store.changes()` makes another.
///
/// It ends when the store is closed, or cannot be read any more.
public struct Changes: AsyncSequence, Sendable {
    /// What a loop goes through.
    public typealias Element = Change
    /// It does not fail.
    public typealias Failure = Never

    /// Hands out changes to one loop.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let mailbox: Mailbox
        var bells: AsyncStream<Void>.Iterator

        /// Waits for the next change; nil when there will be none, or the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Change? {
            while true {
                if let change = mailbox.take() { return change }
                guard await bells.next(isolation: actor) != nil else { return nil }
            }
        }

        /// The same, from anywhere.
        public mutating func next() async -> Change? { await next(isolation: nil) }
    }

    /// What has come since a loop asked.
    final class Mailbox: Sendable {
        private let pending = Mutex<Change?>(nil)
        let bell: AsyncStream<Void>.Continuation

        init(_ bell: AsyncStream<Void>.Continuation) { self.bell = bell }

        func add(_ change: Change) {
            pending.withLock { pending in
                if pending == nil { pending = change } else { pending?.add(change) }
            }
            bell.yield()
        }

        func take() -> Change? {
            pending.withLock { pending in
                defer { pending = nil }
                return pending
            }
        }
    }

    let mailbox: Mailbox
    private let bells: AsyncStream<Void>

    init() {
        let (bells, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        mailbox = Mailbox(bell)
        self.bells = bells
    }

    /// The loop's.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(mailbox: mailbox, bells: bells.makeAsyncIterator()) }
}
