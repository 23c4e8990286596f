internal import EventCore
internal import HubStore
internal import ReplicaEngine
internal import SyncCore
internal import Workload

/// A device that was let in and sends what no honest store writes.
final class Liar {
    let id: DeviceID
    private var random: SeededRandom
    private var token: Secret?
    private var events: [Event] = []
    /// Events that wait at a hub for what will never come.
    private(set) var parked: Set<Dot> = []
    private let key: [UInt8]
    private var leaseLies = 0

    init(_ id: DeviceID, _ random: SeededRandom) {
        (self.id, self.random) = (id, random)
        key = id.bytes + id.bytes
    }

    private var nextDot: Dot { Dot(device: id, seq: UInt64(events.count) + 1) }

    private func event(
        _ dot: Dot, in collection: String = "notes", record: String = "r0", context: VersionVector = VersionVector(),
        milliseconds: UInt64 = 1_700_000_000_000,
        epoch: UInt64 = 0, value: String = "0"
    ) throws -> Event {
        try Event(
            dot: dot, key: RecordKey(collection: Name(collection), record: Name(record)), context: context,
            time: HybridTime(milliseconds: milliseconds),
            body: .writing(set: [FieldWrite(field: Name("f0"), value: FieldValue(uncheckedCanonical: Array(value.utf8)))]), epoch: epoch)
    }

    /// Enrols when it has not yet; false when the hub does not answer.
    private func isIn(_ world: World, _ hub: HubProcess) throws -> Bool {
        if token != nil { return true }
        let code = world.secret()
        try hub.call(.invite(code: code, .client, lifetimeMilliseconds: nil)) { _, _ in }
        let enrolment = Enrolment(device: id, code: code, name: "liar", publicKey: key, chain: ChainHead(emptyChainOf: id))
        try hub.call(.enrol(enrolment, random: world.secret())) { [self] reply, _ in
            if case .enrolled(_, _, let token, _) = reply { self.token = token }
        }
        return token != nil
    }

    private func push(_ events: [Event], _ chains: [SignedHead] = [], to hub: HubProcess, _ check: @escaping ([Verdict]) throws -> Void)
        throws
    {
        guard let token else { return }
        let request = PushRequest(batch: PushContents.events(events), eventCount: events.count, byteCount: 100, chains: chains)
        try hub.call(.push(request, token: token), isLie: true) { reply, _ in
            // Too late for its token, or too often: nothing was said.
            guard case .pushed(let answer) = reply else { return }
            try check(answer.runs.flatMap { Array($0.verdicts) })
        }
    }

    /// Tells a lie to a hub, and holds the hub to its answer.
    func tell(_ lie: Lie, _ world: World, _ hub: HubProcess) throws {
        guard try isIn(world, hub) else { return }
        switch lie {
        case .changedHistory:
            let victims = hub.node.ledger.order
            guard !victims.isEmpty, let victim = world.registry.event(victims[random.below(victims.count)]) else { return }
            let other = try Event(
                dot: victim.dot, key: victim.key, context: victim.context, time: victim.time, body: victim.body, kind: victim.kind,
                undoes: victim.undoes, epoch: victim.epoch, note: try Note("changed"), isCritical: victim.isCritical)
            try push([other], to: hub) { verdicts in
                try Self.expect(verdicts, [.fork], other.dot)
                world.reach(.historyChanged)
            }
        case .forgedAuthor:
            // Somebody whom nobody has enrolled may have written it: it is taken, and the liar stands for it.
            let forged = try event(Dot(device: world.newDevice(), seq: 1), record: "forged", value: "1")
            try world.registry.see(forged, at: "the liar")
            try push([forged], to: hub) { _ in }
        case .inflatedContext:
            let order = hub.node.ledger.order
            guard let last = order.last, last.device != id, let cause = world.registry.event(last) else { return }
            // Of another record: closed contexts name events of their own one alone.
            let inflated = try event(nextDot, record: "another than \(cause.key.record.text)", context: VersionVector([last]))
            try push([inflated], to: hub) { verdicts in try Self.expect(verdicts, [.contextUnclosed], inflated.dot) }
        case .missingCause:
            let cause = Dot(device: world.newDevice(), seq: 1 + UInt64(random.below(5)))
            let early = try event(Dot(device: world.newDevice(), seq: 1), record: "early", context: VersionVector([cause]))
            try world.registry.see(early, at: "the liar")
            parked.insert(early.dot)
            try push([early], to: hub) { verdicts in
                guard verdicts == [.parked] else { throw Violation(.liesAreRefused, "\(early.dot) was answered with \(verdicts)") }
            }
        case .farFuture:
            let far = try event(nextDot, record: "far", milliseconds: Limits.timeMilliseconds - 2)
            try world.registry.see(far, at: "the liar")
            events.append(far)
            try push([far], to: hub) { [self] verdicts in
                // A hub that fell over it may have it or not: then it comes again under the same name.
                if case .rejected = verdicts.first { events.removeAll { $0 == far } }
            }
        case .wrongSignature:
            let unsigned = try event(nextDot, record: "unsigned")
            let head = Self.head(after: events + [unsigned], of: id)
            try push([unsigned], [SignedHead(head: head, signature: [UInt8](repeating: 7, count: 32))], to: hub) { verdicts in
                // The head is beyond what the hub has: it is checked where it was signed.
                try Self.expect(verdicts, [.signatureInvalid], unsigned.dot)
            }
        case .stolenEpoch:
            leaseLies += 1
            let (isPolicy, epoch) = (leaseLies % 2 == 0, 1 + UInt64(random.below(3)))
            // A policy without any epoch is as good as one under another's.
            let lie = try event(nextDot, in: isPolicy ? "_policy" : "notes", record: "stolen", epoch: isPolicy ? 0 : epoch)
            try push([lie], to: hub) { verdicts in try Self.expect(verdicts, [isPolicy ? .leaseMissing : .epochNeverGranted], lie.dot) }
        }
    }

    private static func head(after events: [Event], of device: DeviceID) -> ChainHead {
        events.reduce(ChainHead(emptyChainOf: device)) { OwnChain.next($0, $1) }
    }

    private static func expect(_ verdicts: [Verdict], _ codes: [ProblemCode], _ dot: Dot) throws {
        guard verdicts.count == 1, case .rejected(let code) = verdicts[0], codes.contains(code) else {
            throw Violation(.liesAreRefused, "\(dot) was answered with \(verdicts)")
        }
    }
}

extension World {
    func lie(_ lie: Lie, _ random: inout SeededRandom) throws {
        guard let hub = hubs[0].process else { return }
        try liar.tell(lie, self, hub)
    }
}
