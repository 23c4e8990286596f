internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// The audit trail.
struct LogCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "The audit trail: who, when, where, what changed from what to what, why.",
        discussion: "Newest last. Example:\n\n  syncline log notes/trip --device laptop --limit 20")

    @Argument(help: "Only this record, collection/id.") var record: String?
    @Option(help: ArgumentHelp("Only events since an ISO time.", valueName: "time")) var since: String?
    @Option(help: ArgumentHelp("Only this device's events: its name or the start of its id.", valueName: "device")) var device: String?
    @Option(help: ArgumentHelp("Only this kind: edit, resolve, undo or import.", valueName: "kind")) var kind: String?
    @Option(help: ArgumentHelp("Only the newest so many.", valueName: "n")) var limit: Int?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let filter = try Filter(self, session, store)
        let key = try record.map(Arguments.record)
        let first = try firstShown(key, filter, store)
        var auditor = Auditor(store)
        try each(key, store) { (logged) throws(ReplicaError) in
            guard logged.position >= first && filter.passes(logged) else { return try auditor.see(logged) }
            let entry = try auditor.entry(logged)
            let name = session.name(of: logged.event.dot.device, in: store)
            if session.isJSON { entry.writeJSON(to: session.output, name: name) } else { entry.writeText(to: session.output, name: name) }
        }
    }

    /// Before it nothing is shown. Only a limit to what passes a filter has to be counted.
    private func firstShown(_ key: RecordKey?, _ filter: Filter, _ store: Store) throws -> Position {
        guard let limit else { return Position(0) }
        guard limit > 0 else { return store.end }
        if key == nil && filter.passesAll { return Position(store.end.index - min(UInt64(limit), store.end.index)) }
        var positions: [Position] = []
        try each(key, store) { (logged) throws(ReplicaError) in
            if filter.passes(logged) { positions.append(logged.position) }
        }
        return positions.suffix(limit).first ?? store.end
    }

    /// Every event of the record, or of the log, oldest first.
    private func each(_ key: RecordKey?, _ store: Store, _ body: (LoggedEvent) throws(ReplicaError) -> Void) throws {
        if let key {
            let history = try store.history(of: key)
            guard !history.isEmpty else { throw ConsoleError(noRecord: key) }
            for logged in history { try body(logged) }
            return
        }
        try store.events(from: Position(0)) { (logged) throws(ReplicaError) in
            try body(logged)
            return true
        }
    }

    private struct Filter {
        let since: UInt64?
        let device: DeviceID?
        let kind: EventKind?

        init(_ command: LogCommand, _ session: Session, _ store: Store) throws {
            since = try command.since.map { text in
                guard let time = TimeText.milliseconds(iso: text) else {
                    throw ConsoleError.usage("--since wants an ISO time, not “\(text)”")
                }
                return time
            }
            device = try command.device.map { try session.device($0, in: store) }
            kind = try command.kind.map { text in
                guard let kind = EventKind(word: text) else {
                    throw ConsoleError.usage("--kind is edit, resolve, undo or import, not “\(text)”")
                }
                return kind
            }
            if let limit = command.limit, limit < 0 { throw ConsoleError.usage("--limit is at least 0") }
        }

        var passesAll: Bool { since == nil && device == nil && kind == nil }

        func passes(_ logged: LoggedEvent) -> Bool {
            (since.map { logged.event.time.milliseconds >= $0 } ?? true) && (device.map { logged.event.dot.device == $0 } ?? true)
                && (kind.map { logged.event.kind == $0 } ?? true)
        }
    }
}
