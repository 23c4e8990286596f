import EventCore
import SyncCore

/// A device's store in memory: its log in its order, and what came too early. A value: a copy is what the disk has.
struct TestStore {
    let device: DeviceID
    private(set) var events: [Event] = []
    private(set) var applied: [DeviceID: UInt64] = [:]
    private(set) var waiting: [Dot: Event] = [:]
    private var clocks: [RecordKey: VersionVector] = [:]
    private var byDot: [Dot: Event] = [:]

    init(device: DeviceID) { self.device = device }

    var log: LocalLog { LocalLog(end: Position(UInt64(events.count)), ownSeq: applied[device] ?? 0) }

    func has(_ dot: Dot) -> Bool { byDot[dot] != nil || waiting[dot] != nil }

    /// Writes an event that has seen all there is of its record.
    mutating func write(record: String, time: UInt64, epoch: UInt64 = 0, isCritical: Bool = false) throws -> Event {
        let key = try RecordKey(collection: Name("notes"), record: Name(record))
        let dot = Dot(device: device, seq: (applied[device] ?? 0) + 1)
        let event = try Event(
            dot: dot, key: key, context: clocks[key] ?? VersionVector(), time: HybridTime(milliseconds: time),
            body: .writing(set: [FieldWrite(field: Name("f"), value: FieldValue(uncheckedCanonical: Array("\(time)".utf8)))]), epoch: epoch,
            isCritical: isCritical)
        add(event)
        return event
    }

    /// - Returns: whether another event has its dot.
    mutating func takeIn(_ event: Event) -> Bool {
        if let known = byDot[event.dot] ?? waiting[event.dot] { return known != event }
        waiting[event.dot] = event
        while let next = waiting.values.filter(isReady).min(by: { $0.dot < $1.dot }) {
            waiting[next.dot] = nil
            add(next)
        }
        return false
    }

    private func isReady(_ event: Event) -> Bool {
        (applied[event.dot.device] ?? 0) + 1 == event.dot.seq && event.context.entries.allSatisfy { (applied[$0.device] ?? 0) >= $0.seq }
    }

    private mutating func add(_ event: Event) {
        events.append(event)
        byDot[event.dot] = event
        applied[event.dot.device] = event.dot.seq
        clocks[event.key, default: VersionVector()].join(event.context)
        clocks[event.key, default: VersionVector()].advance(to: event.dot)
    }

    /// What an order asks for: the events, how far the log was looked through, and the heads before and after.
    func batch(_ order: PushOrder) -> (events: [Event], scannedTo: Position, chains: [SignedHead]) {
        var (batch, at): ([Event], Int) = ([], Int(order.from.index))
        while at < events.count && batch.count < order.limitEvents {
            if !order.lacking.covers(events[at].dot) { batch.append(events[at]) }
            at += 1
        }
        let devices = order.limitEvents == 0 ? Array(applied.keys) : Array(Set(batch.map(\.dot.device)))
        let chains = devices.sorted().flatMap { device -> [SignedHead] in
            let chain = TestCryptography.chain(of: device, events.filter { $0.dot.device == device })
            let last = batch.last { $0.dot.device == device }?.dot.seq ?? UInt64(chain.count - 1)
            let first = batch.first { $0.dot.device == device }?.dot.seq ?? last
            return Set([first - (order.limitEvents == 0 ? 0 : 1), last]).sorted().map { seq in
                SignedHead(head: chain[Int(seq)], signature: device == self.device ? sign(chain[Int(seq)]) : nil)
            }
        }
        return (batch, Position(UInt64(at)), chains)
    }

    private func sign(_ head: ChainHead) -> [UInt8] {
        TestCryptography.sign(head.signedBytes(workspace: HubDriver.workspace.bytes), with: HubDriver.key(of: device))
    }
}
