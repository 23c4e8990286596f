internal import EventCore
internal import SyncClient
internal import SyncCore

/// What a watch has told since somebody looked, put together: a value.
struct SyncNews: Hashable {
    /// Something to be said once.
    enum Notice: Hashable, Sendable {
        case arrived(Arrival)
        /// A critical event that has come, at once.
        case critical(Event)
        /// Every device has this critical event of ours.
        case everybodyHas(Dot)
        case standing(Standing)
        case warning(SyncWarning)
    }

    /// How it stands with the hub, when nothing is under way.
    enum Standing: Hashable, Sendable {
        case good
        /// Everything is here, and so much more that this device, a reader, may not give.
        case withholding(UInt64)
        case offline
        case refused(ProblemCode)
        case blocked(BlockReason)

        /// nil while something is under way.
        init?(_ status: SyncStatus) {
            switch status.state {
            case .connected: self = status.withheld > 0 ? .withholding(status.withheld) : .good
            case .offline: self = .offline
            case .error(let code): self = .refused(code)
            case .blocked(let reason): self = .blocked(reason)
            case .stopped, .connecting, .syncing: return nil
            }
        }
    }

    private(set) var status: SyncStatus?
    /// What came in while more was coming; said when all is there.
    private var arrived: Arrival?
    /// How many events have come in while more were coming, and how many since somebody asked when all were there.
    private var coming = 0
    private var gained = 0
    private var notices: [Notice] = []
    private var standing = Standing.good
    private var warnings = SaidWarnings()

    /// Fewer are over before anybody has seen that they are under way.
    private static let shownEvents: UInt64 = 50
    /// Of critical events that come at once only the last ones are said one by one.
    private static let namedCritical = 5

    /// - Returns: whether there is something to see.
    mutating func take(_ news: WatchNews) -> Bool {
        switch news {
        case .arrived(let arrival):
            notices += arrival.critical.suffix(Self.namedCritical).map { .critical($0) }
            coming += arrival.eventCount
            if arrival.counts.isEmpty { return true }
            if var sum = arrived {
                sum.add(arrival)
                arrived = sum
            } else {
                arrived = arrival
            }
            return !arrival.critical.isEmpty
        case .acknowledged(let dot, let devices, let missing):
            guard missing.isEmpty, !devices.isEmpty else { return false }
            notices.append(.everybodyHas(dot))
        case .status(let status):
            self.status = status
            if status.state == .connected { (coming, gained) = (0, gained + coming) }
            let odd = warnings.new(in: status)
            notices += odd.map { .warning($0) }
            if !odd.isEmpty && Standing(status) == nil { return true }
            guard let standing = Standing(status) else {
                if case .syncing(_, let total) = status.state { return total >= Self.shownEvents }
                return status.state != .connecting || self.standing == .good
            }
            if let arrived { notices.append(.arrived(arrived)) }
            arrived = nil
            let isRelief = if case .withholding = self.standing { standing == .good } else { false }
            if standing != self.standing && !isRelief { notices.append(.standing(standing)) }
            self.standing = standing
        }
        return true
    }

    /// What is to be said now, which is not said again.
    mutating func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }

    /// How many events have come in, once all are there; 0 while more are coming.
    mutating func takeGained() -> Int {
        defer { gained = 0 }
        return gained
    }

    /// The sign and the words at the prompt.
    var link: (sign: StatusLine.Link, detail: String) {
        switch status?.state {
        case .connected: Self.link(standing)
        case .syncing(let done, let total): (.syncing, "syncing \(done)/\(total)")
        case nil, .stopped: (.syncing, "connecting")
        // It keeps trying; that is nothing new.
        case .connecting where standing == .good: (.syncing, "connecting")
        case .connecting, .offline, .error, .blocked: Self.link(standing)
        }
    }

    private static func link(_ standing: Standing) -> (sign: StatusLine.Link, detail: String) {
        switch standing {
        case .good: (.connected, "synced")
        case .withholding(let count): (.connected, "\(count) here alone")
        case .offline: (.offline, "offline")
        case .refused(let code): (.failed, code.rawValue)
        case .blocked(.fork): (.blocked, "fork")
        case .blocked(.rejected(_, let code)), .blocked(.notEnrolled(let code)): (.blocked, code.rawValue)
        case .blocked(.refusedHere): (.blocked, "refused here")
        case .blocked(.revoked): (.blocked, "revoked")
        }
    }
}
