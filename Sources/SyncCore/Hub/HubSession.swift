internal import EventCore

/// A socket and the device at its other end.
struct HubSession {
    /// A delivery that the device has not ended.
    struct Attempts {
        /// How often it was sent since the device connected.
        var count: Int
        /// When it is sent again; nil after the last, and when the device wants it later.
        var nextAt: UInt64?
        var isLast: Bool
    }

    /// What is sent when the queue has room again.
    enum Held: Hashable {
        case delivery(DeliveryID)
        /// Who has the device's own critical event, and who has not.
        case word(DeliveryID)
    }

    let connection: ConnectionID
    let device: DeviceID
    let tokenExpiresAt: UInt64
    var isRegistered = false
    var canLead = false
    var priority = 0
    var lastHeard: UInt64
    var lag: UInt64?
    var pending: UInt64?
    var queue = SendQueue()
    var attempts: [DeliveryID: Attempts] = [:]
    /// What is held, in the order in which it will be sent, each once; those before `releasedCount` have been.
    private var held: [Held] = []
    private var isHeld: Set<Held> = []
    private var releasedCount = 0

    init(connection: ConnectionID, device: DeviceID, tokenExpiresAt: UInt64, lastHeard: UInt64) {
        self.connection = connection
        self.device = device
        self.tokenExpiresAt = tokenExpiresAt
        self.lastHeard = lastHeard
    }

    mutating func hold(_ message: Held) { if isHeld.insert(message).inserted { held.append(message) } }

    /// The next that was held, if the queue has room.
    mutating func release(_ limits: SyncLimits) -> Held? {
        guard releasedCount < held.count, queue.hasRoom(limits) else { return nil }
        let next = held[releasedCount]
        isHeld.remove(next)
        releasedCount += 1
        if releasedCount == held.count { (held, releasedCount) = ([], 0) }
        return next
    }
}

/// What was sent to a socket and not taken by it yet.
struct SendQueue {
    private var sizes: [Int] = []
    private var taken = 0
    private(set) var byteCount = 0
    /// How many messages were added when the newest hint was; 0 without one.
    private var hintNumber = 0
    private var added = 0
    private var removed = 0

    var count: Int { added - removed }
    /// Whether critical events and what is said of them may be added: they take half of a queue, so that there is room for all else, and one more after them.
    func hasRoom(_ limits: SyncLimits) -> Bool { count < max(1, limits.queuedMessages / 2) && byteCount < limits.queuedBytes / 2 }

    /// Whether a `changes` is under way: another one would say nothing more.
    var hasHint: Bool { hintNumber > removed }

    mutating func add(_ message: HubMessage) {
        sizes.append(message.byteCountEstimate)
        byteCount += message.byteCountEstimate
        added += 1
        if case .changes = message { hintNumber = added }
    }

    mutating func remove(_ messages: Int) {
        for _ in 0..<min(messages, count) {
            byteCount -= sizes[taken]
            taken += 1
            removed += 1
        }
        if taken > 64 && taken * 2 > sizes.count {
            sizes.removeFirst(taken)
            taken = 0
        }
    }
}

/// The open sockets, in the order in which they were opened.
struct HubSessions {
    var all: [HubSession] = []
    private var connections: [DeviceID: ConnectionID] = [:]

    /// The number of a socket in `all`; nil when it is closed.
    func index(of connection: ConnectionID) -> Int? {
        let number = all.partitionPoint { $0.connection < connection }
        return number < all.count && all[number].connection == connection ? number : nil
    }

    /// The registered session of a device.
    func index(of device: DeviceID) -> Int? { connections[device].flatMap { index(of: $0) } }

    /// Connections are numbered upwards.
    mutating func add(_ session: HubSession) {
        precondition(all.last.map { $0.connection < session.connection } ?? true)
        all.append(session)
    }

    mutating func register(_ index: Int) {
        all[index].isRegistered = true
        connections[all[index].device] = all[index].connection
    }

    mutating func remove(_ connection: ConnectionID) -> HubSession? {
        guard let index = index(of: connection) else { return nil }
        let session = all.remove(at: index)
        if connections[session.device] == connection { connections[session.device] = nil }
        return session
    }
}
