internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore
internal import Workload

/// What somebody does at a device.
extension DeviceProcess {
    /// A commit of one draft or some.
    func write(_ random: inout SeededRandom) throws {
        let count = random.chance(1, in: 5) ? 2 + random.below(6) : 1
        var drafts: [Draft] = []
        for _ in 0..<count { drafts.append(try draft(&random)) }
        if random.chance(1, in: 3) { return try commit(prepared: drafts) }
        try commit(drafts)
    }

    private func draft(_ random: inout SeededRandom) throws -> Draft {
        let key = try RecordKey(collection: Name("notes"), record: Name("r\(random.below(world.plan.recordCount))"))
        let epoch = random.chance(1, in: 2) ? leaseEpoch : 0
        return Draft(
            key: key, body: try Self.body(&random), epoch: epoch,
            note: random.chance(1, in: world.plan.eventsBetweenNotes) ? try Note("because") : nil,
            isCritical: random.below(1000) < world.plan.criticalPerMille)
    }

    private static func body(_ random: inout SeededRandom) throws -> EventBody {
        if random.chance(1, in: 9) { return .delete }
        var (set, unset): ([FieldWrite], [Name]) = ([], [])
        for number in 0..<3 where random.chance(1, in: 2) || number == 2 && set.isEmpty && unset.isEmpty {
            let field = try Name("f\(number)")
            if random.chance(1, in: 6) { unset.append(field) } else { set.append(FieldWrite(field: field, value: value(&random))) }
        }
        return try .writing(set: set, unset: unset)
    }

    private static func value(_ random: inout SeededRandom) -> FieldValue {
        let text =
            switch random.below(8) {
            case 0: "\"\(String(repeating: "long ", count: 10 + random.below(120)))\""
            case 1: "[1,{\"a\":null}]"
            case 2: "true"
            case 3: "\"red\""
            default: "\(random.below(1000))"
            }
        return FieldValue(uncheckedCanonical: Array(text.utf8))
    }

    /// Chooses a side of some conflict, or undoes something.
    func settle(_ random: inout SeededRandom) throws {
        let (key, isUndo) = (
            try RecordKey(collection: Name("notes"), record: Name("r\(random.below(world.plan.recordCount))")), random.chance(1, in: 2)
        )
        guard !isUndo else { return try undo() }
        guard let found = try onDisk({ () throws(ReplicaError) in try replica.conflict(key) }), let conflict = found else { return }
        let side = conflict.sides[random.below(conflict.sides.count)].dot
        // What is wholly decided by a side's having nothing there leaves nothing to write.
        guard let draft = try? Resolution(of: conflict).choosing([side]).draft() else { return }
        try commit([draft])
    }

    private func undo() throws {
        let plan = try onDisk { () throws(ReplicaError) -> UndoPlan? in
            guard let dot = try replica.newestToUndo() else { return nil }
            do throws(ReplicaError) { return try replica.undoPlan(of: dot) } catch {
                if case .nothingToUndo = error { return nil }
                throw error
            }
        }
        if let plan, let plan { try commit(plan.drafts) }
    }

    func checkpoint() throws {
        _ = try onDisk { () throws(ReplicaError) in try replica.checkpoint() }
    }

    // MARK: - Commits

    private func commit(_ drafts: [Draft]) throws {
        guard let events = try onDisk({ () throws(ReplicaError) in try replica.commit(drafts, wall: now.wall) }) else { return }
        try wrote(events)
    }

    private func commit(prepared drafts: [Draft]) throws {
        let prepared = try PreparedDrafts(drafts)
        let committed = try onDisk { () throws(ReplicaError) in try replica.commit([prepared], wall: now.wall) }
        guard let committed, let first = committed else { return }
        var events: [Event] = []
        try node.machine.volume.undisturbed {
            for seq in first.seq..<(first.seq + UInt64(drafts.count)) {
                guard let logged = try replica.event(Dot(device: node.id, seq: seq)) else {
                    throw Violation(.acknowledgedIsPresent, "\(node.name) has not \(node.id):\(seq), which it just wrote")
                }
                events.append(logged.event)
            }
        }
        try wrote(events)
    }

    /// The events are acknowledged.
    private func wrote(_ events: [Event]) throws {
        for event in events {
            world.note("\(node.name) writes \(event.dot)\(event.isCritical ? ", critical" : "")")
            world.mix(event.canonicalJSON)
            try world.registry.see(event, at: node.name)
            try node.clockWatch.wrote(event.time, wall: now.wall)
        }
        try enter()
        if let missing = events.map(\.dot).first(where: { !node.ledger.has($0) }) {
            throw Violation(.acknowledgedIsPresent, "\(node.name) has not \(missing), which it just wrote")
        }
        try step(.wrote(replica.localLog))
    }
}
