internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// Shows how this store stands with its hub, and why it does not sync.
struct StatusCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how this store stands: hub, role, what is pending, what is in conflict.",
        discussion: "Asks the hub unless --offline. Example:\n\n  syncline status --json")

    @Flag(help: "Say what is known here, and ask nobody.") var offline = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let conflicts = try store.openConflictCount()
        let latest = Self.latestAhead(store)
        guard try SyncFolder(ofStore: try session.folder()).link() != nil else {
            var facts = Facts(device: store.device, name: store.name, state: "alone", pending: store.end.index, conflicts: conflicts)
            (facts.latestAhead, facts.waiting) = (latest, store.waitingCount)
            return show(session, facts)
        }
        let syncing = try session.syncing(store)
        var facts = Facts(device: store.device, name: store.name, state: "unknown", pending: 0, conflicts: conflicts)
        if !offline {
            do throws(SyncError) {
                let status = try syncing.status()
                facts.state = "connected"
                facts.clockSkew = status["time"]?.integer.flatMap(Self.clockSkew)
            } catch {
                let problem = ConsoleError(error)
                if case .unreachable = error { facts.state = "offline" } else { facts.state = "error \(problem.code)" }
                facts.why = problem.sentence
            }
        }
        let progress = syncing.latestProgress
        if let blocked = progress.blocked { (facts.state, facts.why) = (Self.blocked, blocked) }
        facts.hub = syncing.hub
        facts.role = syncing.role
        facts.lastSync = progress.lastSync
        facts.offlineSince = progress.offlineSince
        facts.head = progress.head
        (facts.latestAhead, facts.waiting) = (latest, store.waitingCount)
        facts.pending = syncing.pendingCount
        facts.unsentCritical = try syncing.unsentCritical()
        facts.receipts = try session.receipts()
        show(session, facts)
        if !session.isJSON { showCritical(session, facts, store) }
    }

    private static let blocked = "blocked"

    /// By how many milliseconds the hub's clock is ahead of this machine's, where that is much.
    private static func clockSkew(_ hub: UInt64) -> Int64? {
        let skew = Int64(clamping: hub) - Int64(clamping: Machine.wall)
        return skew.magnitude > DeviceSession.Options.usualSkewMilliseconds ? skew : nil
    }

    private static func latestAhead(_ store: Store) -> HybridTime? {
        guard let latest = store.latestTime, latest.milliseconds > Machine.wall &+ Limits.clockSkewMilliseconds else { return nil }
        return latest
    }

    private struct Facts {
        let device: DeviceID
        let name: String
        var role: String?
        var state: String
        var why: String?
        var lastSync: UInt64?
        var offlineSince: UInt64?
        var pending: UInt64
        /// Events that came before what they build on.
        var waiting = 0
        let conflicts: Int
        var hub: String?
        var head: UInt64?
        /// Own critical events that the hub does not have, and what it said of the others.
        var unsentCritical: [Dot] = []
        var receipts = CriticalReceipts()
        /// The latest time of an event here, where it is more than a day ahead of this machine's clock.
        var latestAhead: HybridTime?
        /// By how many milliseconds the hub's clock is ahead of this machine's, where that is much; negative where it is behind.
        var clockSkew: Int64?

        init(device: DeviceID, name: String, state: String, pending: UInt64, conflicts: Int) {
            self.device = device
            self.name = name
            self.state = state
            self.pending = pending
            self.conflicts = conflicts
        }
    }

    private func show(_ session: Session, _ facts: Facts) {
        guard session.isJSON else { return text(session, facts) }
        session.output.object { writer in
            writer.key("device")
            writer.device(facts.device)
            writer.key("name")
            writer.string(facts.name)
            writer.key("role")
            writer.optional(facts.role)
            writer.key("state")
            writer.string(facts.state)
            writer.key("why")
            writer.optional(facts.why)
            writer.key("lastSync")
            writer.optional(facts.lastSync.map { TimeText.iso(milliseconds: $0) })
            writer.key("offlineSince")
            writer.optional(facts.offlineSince.map { TimeText.iso(milliseconds: $0) })
            writer.key("pending")
            writer.integer(facts.pending)
            writer.key("waiting")
            writer.integer(facts.waiting)
            writer.key("conflicts")
            writer.integer(facts.conflicts)
            writer.key("unacknowledgedCritical")
            writer.integer(facts.unsentCritical.count + facts.receipts.incomplete.count)
            writer.key("critical")
            writer.beginArray()
            for (dot, receipt) in facts.receipts.incomplete { Self.write(dot, receipt, &writer) }
            for dot in facts.unsentCritical { Self.write(dot, nil, &writer) }
            writer.endArray()
            writer.key("hub")
            writer.optional(facts.hub)
            writer.key("head")
            if let head = facts.head { writer.integer(head) } else { writer.null() }
            writer.key("clockSkewMs")
            if let skew = facts.clockSkew { writer.integer(skew) } else { writer.null() }
            writer.key("latestAhead")
            writer.optional(facts.latestAhead.map { TimeText.iso($0) })
        }
    }

    private static func write(_ dot: Dot, _ receipt: CriticalReceipts.Receipt?, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("dot")
        writer.dot(dot)
        writer.key("sent")
        writer.boolean(receipt != nil)
        writer.devices("by", receipt?.by ?? [])
        writer.devices("missing", receipt?.missing ?? [])
        writer.endObject()
    }

    private static let shownCritical = 5

    /// Which of this device's critical events somebody does not have yet.
    private func showCritical(_ session: Session, _ facts: Facts, _ store: Store) {
        let name = { (device: DeviceID) in session.name(of: device, in: store) }
        let lines =
            facts.receipts.incomplete.map { ($0.dot, ReceiptText.text($0.receipt, name)) }
            + facts.unsentCritical.map { ($0, "the hub does not have it yet") }
        for (dot, text) in lines.prefix(Self.shownCritical) { session.output.line("urgent \(name(dot.device)):\(dot.seq): \(text)") }
        if lines.count > Self.shownCritical { session.output.line("… and \(lines.count - Self.shownCritical) more urgent events") }
    }

    private func text(_ session: Session, _ facts: Facts) {
        session.output.line("\(facts.name)\(facts.role.map { "·" + $0 } ?? "")  \(facts.device)")
        if let hub = facts.hub {
            session.output.line("\(facts.state)  \(hub)")
        } else {
            session.output.line("this store has joined no hub")
        }
        if let why = facts.why { session.output.line("why: \(why)") }
        if facts.state == Self.blocked { session.output.line("  " + AdviceWords.sentence(.mendFork)) }
        if let lastSync = facts.lastSync { session.output.line("last sync \(TimeText.iso(milliseconds: lastSync))") }
        if let skew = facts.clockSkew { session.output.line(WarningWords.sentence(.clockSkew(milliseconds: skew)) { $0.description }) }
        if let ahead = facts.latestAhead {
            session.output.line(
                "a clock is wrong: an event here is of \(TimeText.iso(ahead)), more than a day ahead of this machine's clock")
            session.output.line(
                "  `\(session.program)log --since \(TimeText.iso(milliseconds: Machine.wall))` shows whose it is; such times order what is shown, and decide nothing"
            )
        }
        session.output.line("\(Sentences.count(facts.pending, "event")) pending, \(Sentences.count(facts.conflicts, "conflict")) open")
        if facts.waiting > 0 {
            session.output.line(
                "\(Sentences.count(facts.waiting, "event")) that came too early \(facts.waiting == 1 ? "waits" : "wait") for what is missing"
            )
        }
    }
}

extension JSONWriter {
    fileprivate mutating func optional(_ text: String?) { if let text { string(text) } else { null() } }
}
