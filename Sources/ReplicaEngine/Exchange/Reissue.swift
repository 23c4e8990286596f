package import EventCore
package import LogStore
internal import SyncCore

/// Issues events anew under another identity, where others hold other events under the old one.
///
/// What everybody agrees on stays. Of the rest each event gets a new dot, in the same order, and withdrawn dots in contexts give way to the new ones: what an event had seen of its record it has seen afterwards, no more and no less. Give it a
/// log's events from the first one on.
package struct Reissue {
    private let former: DeviceID
    private let device: DeviceID
    /// The former identity's last event that everybody agrees on; 0 for none.
    private let agreed: UInt64
    /// Withdrawn seqs, and what they are now.
    private var issued: [UInt64: UInt64] = [:]
    /// The former identity's seqs in each record, ascending.
    private var written: [RecordKey: [UInt64]] = [:]
    /// How far events of others had seen the former identity in each record: each device's first event that had seen so far.
    private var seenByOthers: [RecordKey: [(by: Dot, former: UInt64)]] = [:]

    package init(former: DeviceID, device: DeviceID, agreed: UInt64) {
        self.former = former
        self.device = device
        self.agreed = agreed
    }

    /// Whether policies are among what was issued anew.
    package private(set) var hasPolicies = false

    /// How many events were issued anew.
    package var count: Int { issued.count }

    /// The event as it is from now on: another one where it is withdrawn, else the same.
    package mutating func issue(_ event: Event) throws(EventError) -> Event {
        guard event.dot.device == former else {
            note(event)
            return event
        }
        defer { written[event.key, default: []].append(event.dot.seq) }
        guard event.dot.seq > agreed else { return event }
        let seq = UInt64(issued.count + 1)
        // A lease was the former identity's.
        let anew = try Event(
            dot: Dot(device: device, seq: seq), key: event.key, context: context(of: event), time: event.time, body: event.body,
            kind: event.kind, undoes: event.undoes.map(dot), note: event.note, isCritical: event.isCritical)
        issued[event.dot.seq] = seq
        if event.key.collection == .policies { hasPolicies = true }
        return anew
    }

    private mutating func note(_ event: Event) {
        let seen = event.context[former]
        guard seen > 0 else { return }
        let before = seenByOthers[event.key]?.last { $0.by.device == event.dot.device }?.former ?? 0
        if seen > before { seenByOthers[event.key, default: []].append((event.dot, seen)) }
    }

    private func dot(_ dot: Dot) -> Dot {
        guard dot.device == former, let seq = issued[dot.seq] else { return dot }
        return Dot(device: device, seq: seq)
    }

    private func context(of event: Event) -> VersionVector {
        let seen = event.context[former]
        let own = (written[event.key] ?? []).prefix { $0 <= seen }
        var dots = event.context.entries.filter { $0.device != former }.map { Dot(device: $0.device, seq: $0.seq) }
        // Others may have seen events of the former identity that were never here: who has seen those others builds on them, too.
        let others = seenByOthers[event.key]?.filter { event.context.covers($0.by) }.map(\.former).max()
        if let last = [own.last { $0 <= agreed }, others].compactMap(\.self).max() { dots.append(Dot(device: former, seq: last)) }
        if let last = own.last, let seq = issued[last] { dots.append(Dot(device: device, seq: seq)) }
        return VersionVector(dots)
    }

    /// What became of a store's events.
    package struct Outcome: Hashable, Sendable {
        /// How many of its own stay as they are, and how many are issued anew.
        package let agreed: UInt64
        package let reissued: Int
        /// Whether policies are among those.
        package let hasPolicies: Bool
        /// Its own that fit under no name, in their order: what no honest store writes.
        package let leftOut: [Event]
    }

    /// Hands over all that a store holds to one that holds what everybody agrees on: the former identity's other events are issued anew under the new store's.
    ///
    /// One that the new store does not take would be refused everywhere. It is left out, and what came behind it is issued as if it had not been; the old store has it.
    package static func handOver<Storage: Volume>(
        from old: Replica<Storage>, to new: Replica<Storage>
    ) throws(ReplicaError) -> Outcome {
        let agreed = try agreedSeq(of: old, with: new)
        var leftOut: [Event] = []
        var reissue = Reissue(former: old.device, device: new.device, agreed: agreed)
        while let misfit = try reissue.handOver(from: old, to: new, without: Set(leftOut.map(\.dot))) {
            leftOut.append(misfit)
            reissue = Reissue(former: old.device, device: new.device, agreed: agreed)
        }
        _ = try new.takeIn(old.waitingEvents)
        // Nothing is left out in silence: then the old store stays.
        let taken = new.versionVector[new.device]
        guard taken + UInt64(new.waitingEvents.count { $0.dot.device == new.device }) == UInt64(reissue.count) else {
            throw .notIssuedAnew(Dot(device: new.device, seq: taken + 1))
        }
        return Outcome(agreed: agreed, reissued: reissue.count, hasPolicies: reissue.hasPolicies, leftOut: leftOut)
    }

    /// Hands over a log from the first event on.
    ///
    /// - Returns: the first event that the new store does not take as it is issued; nil when it has taken all.
    private mutating func handOver<Storage: Volume>(
        from old: Replica<Storage>, to new: Replica<Storage>, without leftOut: Set<Dot>
    ) throws(ReplicaError) -> Event? {
        var reader = EventReader(from: Position(0))
        while case let read = try reader.next(1024, of: old), !read.isEmpty {
            var (events, anew) = ([Event](), [(former: Event, issued: Event)]())
            for event in read.map(\.event) where !leftOut.contains(event.dot) {
                let issued: Event
                do throws(EventError) { issued = try issue(event) } catch { throw .invalidDraft(error) }
                events.append(issued)
                if issued.dot.device == device { anew.append((event, issued)) }
            }
            // An interruption may have left some there.
            let known = new.versionVector[device]
            let taken = try new.takeIn(events).taken
            guard taken.forked.contains(device) || anew.contains(where: { $0.issued.dot.seq <= known }) else { continue }
            for pair in anew {
                if try new.event(pair.issued.dot)?.event == pair.issued || new.waitingEvents.contains(pair.issued) { continue }
                return pair.former
            }
        }
        return nil
    }

    /// The last event of a store's own device up to which another store holds the same ones; 0 for none.
    package static func agreedSeq<Storage: Volume>(
        of store: Replica<Storage>, with other: Replica<Storage>
    ) throws(ReplicaError) -> UInt64 {
        var (own, theirs) = (EventsOfDevice(store.device), EventsOfDevice(store.device))
        var agreed: UInt64 = 0
        while let left = try own.next(of: store), let right = try theirs.next(of: other), left == right { agreed = left.dot.seq }
        return agreed
    }
}

/// Reads one device's events, in order.
private struct EventsOfDevice {
    private let device: DeviceID
    private var reader = EventReader(from: Position(0))
    private var read: ArraySlice<Event> = []

    init(_ device: DeviceID) { self.device = device }

    mutating func next<Storage: Volume>(of store: Replica<Storage>) throws(ReplicaError) -> Event? {
        while read.isEmpty {
            let events = try reader.next(256, of: store)
            if events.isEmpty { return nil }
            read = events.map(\.event).filter { $0.dot.device == device }[...]
        }
        return read.removeFirst()
    }
}
