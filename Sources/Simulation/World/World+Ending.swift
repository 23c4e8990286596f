internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncCore

/// The quiet after the faults, and what must be so when all is at rest.
extension World {
    private static var sliceMilliseconds: UInt64 { 2_000 }
    /// Longer than all waits of the product together: the longest retry, the last redelivery, a lease.
    private static var longestMilliseconds: UInt64 { 900_000 }

    func end() throws {
        try stopFaults()
        try rest()
        if hubs.count > 1 {
            // Two hubs know nothing of each other: what one's devices have is carried to one of the other's, both ways.
            for (from, to) in [(0, 1), (1, 0)] {
                try carry(from: devices[from], to: devices[to])
                try rest()
            }
        }
        try checkAll()
        note("end")
    }

    /// Lives on until everything has drained.
    private func rest() throws {
        let limit = time + Self.longestMilliseconds
        while let unrest = self.unrest {
            guard time < limit else {
                guard isStuckForGood else { throw Violation(.converges, unrest) }
                return reach(.epochTwice)
            }
            for device in devices where device.isForgotten { try device.enrol() }
            if plan.classes.contains(.mending) { for device in devices { try device.mend() } }
            try live(until: time + Self.sliceMilliseconds)
        }
    }

    // MARK: - Rest

    /// Devices that a person has to mend: they are told so, and the others go on.
    private func isMended(_ device: DeviceNode) -> Bool {
        guard let status = device.process?.status else { return false }
        switch status.state {
        case .blocked(.fork): return registry.forkable.contains(device.id)
        case .blocked(.revoked): return device.mayBeRevoked
        default: return false
        }
    }

    /// What is not at rest; nil when everything is.
    private var unrest: String? {
        for hub in hubs where !hub.isUp { return "\(hub.name) is not up" }
        for device in devices where !device.isRetired {
            guard let process = device.process else { return "\(device.name) is not up" }
            if isMended(device) { continue }
            guard let status = process.status, status.state == .connected, status.pending == 0 else {
                return "\(device.name) is \(process.status.map { "\($0.state), \($0.pending) pending" } ?? "silent")"
            }
            guard device.ledger.count == device.hub.ledger.count + withheld(by: device) else {
                return "\(device.name) has \(device.ledger.count) events, \(device.hub.name) \(device.hub.ledger.count)"
            }
        }
        for hub in hubs {
            let open = hub.process?.openCritical(without: excluded) ?? []
            if let first = open.first { return "\(hub.name) has not handed \(first.dot) to \(first.missing)" }
        }
        return nil
    }

    /// Devices that get nothing any more.
    private var excluded: Set<DeviceID> {
        let givenUp = Set(devices.flatMap(\.former)).subtracting(devices.filter { !$0.isRetired }.map(\.id))
        return Set(devices.filter(isMended).map(\.id)).union([liar.id]).union(givenUp)
    }

    /// How many events a reader says that it holds alone, as a hub that was put back has lost them: nobody gives them, for a reader only pulls.
    private func withheld(by device: DeviceNode) -> Int {
        guard !device.plan.role.pushes, device.hub.rollbacks > 0 else { return 0 }
        return Int(device.process?.status?.withheld ?? 0)
    }

    /// Whether the hub does not take an event as it has forgotten under whose lease that was, and has given the lease's epoch to another since: what builds on it waits until a person has mended it.
    private var isStuckForGood: Bool {
        devices.contains { device in
            let rejected = device.process?.session.rejectedEvents ?? []
            return rejected.contains {
                $0.code == .epochNeverGranted && device.hub.leases.grantedTwice.contains(registry.event($0.dot)?.epoch ?? 0)
            }
        }
    }

    private var healthy: [DeviceNode] { devices.filter { !$0.isRetired && !isMended($0) } }

    // MARK: - Checks

    private func checkAll() throws {
        for hub in hubs {
            try hub.critical.check(without: excluded, at: hub.name)
            guard let process = hub.process else { continue }
            let (events, waiting) = try process.everything()
            try compare(events, waiting.filter { !liar.parked.contains($0.dot) }, hub.ledger, hub.name)
        }
        var states = StateWatch()
        for device in devices where !device.isRetired {
            guard let process = device.process else { continue }
            try states.add(try state(of: process.replica, device), at: device.name)
            try checkReplays(device, process)
        }
        for device in healthy where withheld(by: device) > 0 && !isStuckForGood {
            guard let lost = device.hub.ledger.order.first(where: { !device.ledger.has($0) }) else { continue }
            throw Violation(.converges, "\(device.name) holds events alone, and has not \(lost)")
        }
        guard !isStuckForGood else { return }
        let vectors = Set(healthy.filter { withheld(by: $0) == 0 }.map(\.ledger.vector)).union(hubs.map(\.ledger.vector))
        guard vectors.count <= 1 else { throw Violation(.converges, "devices and hubs differ: \(vectors.count) sets of events") }
        if let device = healthy.first, let process = device.process { try checkModel(device, process.replica) }
    }

    /// What a node holds is what the registry knows, each text.
    private func compare(_ events: [Event], _ waiting: [Event], _ ledger: Ledger, _ name: String) throws {
        for event in events { try registry.recognize(event, at: name) }
        guard events.map(\.dot) == ledger.order else { throw Violation(.acknowledgedIsPresent, "\(name) shows another log than it had") }
        if let early = waiting.first, !isStuckForGood { throw Violation(.converges, "\(early.dot) waits at \(name) in the end") }
    }

    private func state(of replica: Replica<FaultyVolume>, _ device: DeviceNode) throws -> StateWatch.State {
        let events = try replica.allEvents()
        // What only a device has that is let in no more, nobody else gets, and what builds on it waits.
        let cutOff = excluded
        let waiting = isMended(device) ? [] : replica.waitingEvents.filter { !cutOff.contains($0.dot.device) }
        try compare(events, waiting, device.ledger, device.name)
        var dump: [UInt8] = []
        try replica.canonicalDump { dump += $0 }
        return StateWatch.State(events: events, dump: dump)
    }

    /// The store that never stopped, a checkpoint and the log behind it, and the log alone.
    private func checkReplays(_ device: DeviceNode, _ process: DeviceProcess) throws {
        var live: [UInt8] = []
        try process.replica.canonicalDump { live += $0 }
        for readsCheckpoints in [true, false] {
            var options = device.options
            options.readsCheckpoints = readsCheckpoints
            let opened = try Replica.open(
                in: device.folder, on: FaultyVolume(device.machine.volume.state), access: .reading, options: options)
            var dump: [UInt8] = []
            try opened.canonicalDump { dump += $0 }
            guard dump == live else {
                throw Violation(
                    .replayIsIncremental,
                    "\(device.name) shows something else when it is opened \(readsCheckpoints ? "with" : "without") checkpoints")
            }
        }
    }

    /// The same events in the reference model.
    private func checkModel(_ device: DeviceNode, _ replica: Replica<FaultyVolume>) throws {
        var model = ReferenceModel()
        var dump: [UInt8] = []
        try replica.events(from: Position(0)) { (logged) throws(ReplicaError) in
            model.add(logged.event)
            return true
        }
        try replica.canonicalDump { dump += $0 }
        guard dump == model.canonicalDump else {
            throw Violation(.conflictsAreMaximal, "\(device.name) shows something else than the model")
        }
        for key in model.keys {
            let record = model.record(key)
            let conflict = try replica.conflict(key)
            let sides = Set(conflict?.sides.map(\.dot) ?? [])
            guard sides == (record.isInConflict ? record.sides : []) else {
                throw Violation(
                    .conflictsAreMaximal, "\(key.record.text): the sides are \(sides.sorted()), the model's \(record.sides.sorted())")
            }
            if record.isInConflict { reach(.conflictAtTheEnd) }
            if record.isDeleteAgainstEdit { reach(.deleteAgainstEdit) }
        }
        mix(dump)
    }
}
