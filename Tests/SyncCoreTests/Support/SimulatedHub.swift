import EventCore
import SyncCore
import Workload

/// A hub core with a disk: stores become durable later, in order, several at once; power fails.
final class SimulatedHub {
    private unowned let world: SyncWorld
    private(set) var core: TestHub
    private(set) var journal: [HubRecord] = []
    private(set) var disk: ModelHubLog
    private var stores: [(number: StoreNumber, records: [HubRecord], log: ModelHubLog)] = []
    private var isSyncing = false
    /// Grows with each start: what an earlier life was told is nobody's business.
    private var life = 0
    private var wakes = 0
    private var replies: [RequestID: (HubReply, [Event]) throws -> Void] = [:]
    private(set) var sockets: [ConnectionID: (HubMessage?, ProblemCode?) throws -> Void] = [:]
    private var backup: (journal: [HubRecord], disk: ModelHubLog)?
    private(set) var wasRolledBack = false

    init(_ world: SyncWorld) {
        self.world = world
        disk = ModelHubLog(id: LogID(high: 1, low: 1))
        core = TestHub(workspace: HubDriver.workspace, state: HubState(), log: disk, now: .at(0))
    }

    var now: ClockReading { .at(world.time) }

    // MARK: - Calls

    func call(_ call: HubCall<[Event]>, _ answer: @escaping (HubReply, [Event]) throws -> Void) throws {
        world.nextRequest += 1
        let request = RequestID(world.nextRequest)
        replies[request] = answer
        try perform(core.step(.call(request, call), now: now))
    }

    func open(
        _ connection: ConnectionID, _ token: Secret, refused: @escaping (HubReply, [Event]) throws -> Void,
        accepted: @escaping () throws -> Void,
        _ socket: @escaping (HubMessage?, ProblemCode?) throws -> Void
    ) throws {
        world.nextRequest += 1
        let request = RequestID(world.nextRequest)
        replies[request] = refused
        let effects = core.step(.socket(request, connection, token: token), now: now)
        if effects.contains(.accept(request, connection)) {
            sockets[connection] = socket
            try accepted()
        }
        try perform(effects)
    }

    func receive(_ message: DeviceMessage, _ connection: ConnectionID) throws {
        guard sockets[connection] != nil else { return }
        try perform(core.step(.received(connection, message), now: now))
    }

    func disconnect(_ connection: ConnectionID) throws {
        guard sockets.removeValue(forKey: connection) != nil else { return }
        try perform(core.step(.disconnected(connection), now: now))
    }

    // MARK: - Effects

    func perform(_ effects: [HubEffect]) throws {
        for effect in effects {
            switch effect {
            case .store(let number, let records, _):
                stores.append((number, records, core.log))
                sync()
            case .reply(let request, let reply): try replies.removeValue(forKey: request)?(reply, events(of: reply))
            case .accept: break
            case .send(let connection, let message):
                try sockets[connection]?(message, nil)
                if sockets[connection] != nil {
                    let life = life
                    world.after(1) { [self] in if life == self.life { try perform(core.step(.sent(connection, messages: 1), now: now)) } }
                }
            case .close(let connection, let code): try sockets.removeValue(forKey: connection)?(nil, code)
            case .wake(let at):
                wakes += 1
                let (life, wake) = (life, wakes)
                world.after(at > world.time ? at - world.time : 0) { [self] in
                    if life == self.life && wake == wakes { try perform(core.step(.tick, now: now)) }
                }
            case .stop: throw world.fail("the hub stopped")
            }
        }
    }

    /// The events of a page, as the log has them when it is sent.
    private func events(of reply: HubReply) -> [Event] {
        guard case .pulled(let answer) = reply else { return [] }
        return Array(core.log.events[Int(answer.positions.lowerBound.index)..<Int(answer.positions.upperBound.index)])
    }

    /// One sync at a time, for all that was stored before it began.
    private func sync() {
        guard !isSyncing, let last = stores.last else { return }
        isSyncing = true
        let life = life
        world.after(1 + world.random.next() % (world.chance(1, in: 20) ? 2_000 : 10)) { [self] in
            guard life == self.life else { return }
            let count = (stores.firstIndex { $0.number == last.number } ?? 0) + 1
            let done = stores[..<count]
            journal += done.flatMap(\.records)
            disk = last.log
            stores.removeFirst(count)
            isSyncing = false
            let effects = core.step(.durable(last.number), now: now)
            sync()
            try perform(effects)
        }
    }

    /// The power fails; of what was being stored the disk has some: of the log first, then of the records.
    func crash() throws {
        for store in stores where world.random.chance(1, in: 3) {
            disk = store.log
            guard world.random.chance(1, in: 2) else { break }
            journal += store.records
        }
        try start()
    }

    func makeBackup() { backup = (journal, disk) }

    /// Somebody puts a backup in the place of what the hub had.
    func goBack() throws {
        guard let backup else { return }
        wasRolledBack = wasRolledBack || backup.disk.end < disk.end
        (journal, disk) = backup
        try start()
    }

    private func start() throws {
        life += 1
        let broken = sockets.sorted { $0.key < $1.key }.map(\.value)
        (stores, replies, sockets, isSyncing) = ([], [:], [:], false)
        core = TestHub(workspace: HubDriver.workspace, state: HubState(journal), log: disk, now: now)
        guard HubState(core.state.records(wall: 0)) == core.state else { throw world.fail("the state is not the fold of its records") }
        for socket in broken { try socket(nil, nil) }
        try perform(core.start(now: now))
    }
}
