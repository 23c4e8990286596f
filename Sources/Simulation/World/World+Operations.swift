internal import EventCore
internal import ReplicaEngine
internal import SyncCore
internal import Workload

/// What is done to a world.
extension World {
    func perform(_ operation: Operation) throws {
        guard isFaulty else { return }
        var random = SeededRandom(seed: operation.seed)
        note("#\(operation.number) \(operation.kind)")
        switch operation.kind {
        case .write(let device): try devices[device].process?.write(&random)
        case .settle(let device): try devices[device].process?.settle(&random)
        case .checkpoint(let device): try devices[device].process?.checkpoint()
        case .join(let device): try devices[device].enrol()
        case .restart(let device): try devices[device].restart()
        case .restartHub(let hub): try hubs[hub].restart()
        case .fall(let device, let fall, let midway):
            guard devices[device].isUp else { return }
            if midway { devices[device].machine.breakMidway(fall, at: 1 + random.below(12)) } else { try devices[device].fall(fall) }
        case .fallOfHub(let hub, let fall, let midway):
            guard hubs[hub].isUp else { return }
            if midway { hubs[hub].machine.breakMidway(fall, at: 1 + random.below(12)) } else { try hubs[hub].fall(fall) }
        case .breakDisk(let device): Self.breakDisk(devices[device].machine, &random)
        case .breakDiskOfHub(let hub): Self.breakDisk(hubs[hub].machine, &random)
        case .fillDisk(let device): devices[device].machine.fillDisk(until: time + 1_000 + random.next() % 15_000)
        case .fillDiskOfHub(let hub): hubs[hub].machine.fillDisk(until: time + 1_000 + random.next() % 10_000)
        case .partition(let device, let sides):
            if sides != .both { reach(.oneWay) }
            devices[device].line.close(sides, until: time + 1_000 + random.next() % 25_000)
        case .cutSocket(let device): devices[device].process?.cutSocket()
        case .setClock(let device): setClock(devices[device].machine, &random)
        case .setClockOfHub(let hub): setClock(hubs[hub].machine, &random)
        case .clone(let device): try clone(devices[device], &random)
        case .copy(let device): devices[device].makeCopy()
        case .restore(let device): try devices[device].putBack()
        case .backUp(let hub): hubs[hub].makeBackup()
        case .rollBack(let hub): try hubs[hub].rollBack()
        case .revoke(let device): try revoke(devices[device])
        case .lie(let lie): try self.lie(lie, &random)
        case .carry(let from, let to): try carry(from: devices[from], to: devices[to])
        case .mend(let device): try devices[device].mend()
        case .mirror(let hub): hubs[hub].makeBackup()
        case .standIn(let hub): try hubs[hub].standIn()
        }
    }

    private static func breakDisk(_ machine: Machine, _ random: inout SeededRandom) {
        machine.breakDisk(VolumeFault.allCases[random.below(VolumeFault.allCases.count)], at: 1 + random.below(20))
    }

    /// By seconds, hours or a month, either way.
    private func setClock(_ machine: Machine, _ random: inout SeededRandom) {
        let longest: Int64 = [60_000, 7_200_000, 30 * 86_400_000][random.below(3)]
        let by = Int64(random.next() % UInt64(2 * longest)) - longest
        if abs(by) > 86_400_000 { reach(.clockAhead) }
        machine.setWall(by: by)
    }

    /// A second machine with the first one's folder and key.
    private func clone(_ device: DeviceNode, _ random: inout SeededRandom) throws {
        guard device.isUp else { return }
        registry.allowForks(of: device.id)
        let twin = try DeviceNode(self, devices.count, device.plan, device.id, device.hub, &random)
        twin.become(copyOf: device)
        add(twin)
        try twin.start()
    }

    private func revoke(_ device: DeviceNode) throws {
        guard device.isEnrolled, let process = device.hub.process else { return }
        device.mayBeRevoked = true
        try process.call(.revokeLocally(device.id)) { _, _ in }
    }

    /// Hands over all that a store has, past the hub.
    func carry(from: DeviceNode, to: DeviceNode) throws {
        guard from.number != to.number, to.plan.role.pushes, let source = from.process, let target = to.process else { return }
        let events = try from.machine.volume.undisturbed { try source.replica.allEvents() }
        note("\(events.count) events go from \(from.name) to \(to.name)")
        guard let taken = try target.takeIn(try EventBlocks.events(in: EventBlocks.bytes(of: events), limit: events.count)) else { return }
        try target.step(.wrote(taken.log))
    }
}
