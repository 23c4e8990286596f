internal import EventCore
internal import SyncCore

/// An open socket between a process of a device and one of a hub: two streams, each in order.
final class Socket {
    private unowned let world: World
    let connection: ConnectionID
    private let line: Line
    private let attempt: UInt64
    private weak var device: DeviceProcess?
    private let deviceNode: DeviceNode
    private weak var hub: HubProcess?
    private let hubNode: HubNode
    /// Whether the end still holds it open.
    private var (isOpenAtDevice, isOpenAtHub) = (true, true)
    private var (lastUp, lastDown): (UInt64, UInt64) = (0, 0)
    private let isSlow: Bool
    /// Nothing gets through any more, whoever still holds it open.
    private var isBroken = false

    init(_ world: World, _ connection: ConnectionID, _ line: Line, attempt: UInt64, _ device: DeviceProcess, _ hub: HubProcess) {
        (self.world, self.connection, self.line, self.attempt) = (world, connection, line, attempt)
        (self.device, deviceNode, self.hub, hubNode) = (device, device.node, hub, hub.node)
        isSlow = line.strikes(world.rates.slowReaders)
    }

    var deviceID: DeviceID { deviceNode.id }

    // MARK: - Messages

    func sendUp(_ message: DeviceMessage) {
        guard isOpenAtDevice, !isBroken else { return }
        lastUp = line.arrival(.up, after: lastUp)
        world.at(lastUp) { [self] in
            guard !isBroken else { return }
            guard let hub, hub.isAlive, isOpenAtHub else { return resetDevice() }
            try hub.receive(message, on: self)
        }
    }

    func sendDown(_ message: HubMessage, _ event: Event?) {
        guard isOpenAtHub, !isBroken else { return }
        if line.strikes(world.rates.cuts / 4) { return cut() }
        lastDown = line.arrival(.down, after: lastDown + (isSlow && world.isFaulty ? 400 : 0))
        world.at(lastDown) { [self] in
            guard !isBroken else { return }
            guard let device, device.isAlive, isOpenAtDevice else { return resetHub() }
            try device.receive(message, event, attempt: attempt)
            if let hub, hub.isAlive, isOpenAtHub { try hub.sent(on: connection) }
        }
    }

    // MARK: - Ends

    /// The device closes its end; the hub learns of it in its turn, or never.
    func closeAtDevice() {
        guard isOpenAtDevice else { return }
        isOpenAtDevice = false
        if line.strikes(world.rates.halfOpen) { return }
        lastUp = line.arrival(.up, after: lastUp)
        world.at(lastUp) { [self] in try endAtHub() }
    }

    /// The hub closes its end.
    func closeAtHub(_ code: ProblemCode?) {
        guard isOpenAtHub else { return }
        isOpenAtHub = false
        if line.strikes(world.rates.halfOpen) { return }
        lastDown = line.arrival(.down, after: lastDown)
        world.at(lastDown) { [self] in try endAtDevice(code) }
    }

    /// The power of an end failed: nobody is told.
    func vanishAtDevice() { isOpenAtDevice = false }

    func vanishAtHub() { isOpenAtHub = false }

    /// The way between breaks; both ends notice after a while, or one of them does not.
    func cut() {
        let (tellsDevice, tellsHub) = (!line.strikes(world.rates.halfOpen), !line.strikes(world.rates.halfOpen))
        let delay = UInt64(1 + line.number(below: 500))
        isBroken = true
        if tellsDevice { world.after(delay) { [self] in try endAtDevice(nil) } }
        if tellsHub { world.after(delay) { [self] in try endAtHub() } }
    }

    private func endAtDevice(_ code: ProblemCode?) throws {
        guard isOpenAtDevice else { return }
        isOpenAtDevice = false
        guard let device, device.isAlive else { return }
        try device.closed(attempt: attempt, code.map { .problem(Problem($0)) } ?? .unreachable)
    }

    private func endAtHub() throws {
        guard isOpenAtHub else { return }
        isOpenAtHub = false
        guard let hub, hub.isAlive else { return }
        try hub.disconnected(self)
    }

    /// The other end's machine is there and knows nothing of this socket.
    private func resetDevice() {
        guard hubNode.isUp, !line.isClosed(.down) else { return }
        world.after(5) { [self] in try endAtDevice(nil) }
    }

    private func resetHub() {
        guard deviceNode.isUp, !line.isClosed(.up) else { return }
        world.after(5) { [self] in try endAtHub() }
    }
}
