internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// The audit trail.
struct LogCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "The audit trail: who, when, where, what changed from what to what, why.",
        discussion: """
            Oldest first; with --reverse newest first. What a field held before is what its writer saw; several values stood in conflict. Of long values the parts that differ are \
            shown; --json and --csv have all of them. Example:

              syncline log notes/trip --device laptop --limit 20
              syncline log --since 2026-11-01 --kind resolve --csv > resolutions.csv
            """)

    @Argument(help: "Only this record, collection/id.") var record: String?
    @Option(help: ArgumentHelp("Only events since an ISO time.", valueName: "time")) var since: String?
    @Option(help: ArgumentHelp("Only events until an ISO time, that included.", valueName: "time")) var until: String?
    @Option(help: ArgumentHelp("Only this device's events: its name or the start of its id.", valueName: "device")) var device: String?
    @Option(help: ArgumentHelp("Only this kind: edit, resolve, undo or import.", valueName: "kind")) var kind: String?
    @Option(help: ArgumentHelp("Only this collection.", valueName: "name")) var collection: String?
    @Option(help: ArgumentHelp("Only events that wrote this field, and deletes.", valueName: "name")) var field: String?
    @Flag(help: "Only critical events.") var critical = false
    @Option(help: ArgumentHelp("Only the newest so many.", valueName: "n")) var limit: Int?
    @Flag(help: "Newest first.") var reverse = false
    @Flag(
        help: "Comma-separated values, a line for each field that changed; a cell that a spreadsheet would run gets an apostrophe in front."
    )
    var csv = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit is at least 0") }
        if csv && common.json { throw ValidationError("say --json or --csv, not both") }
    }

    func run(_ session: Session) throws {
        let store = try session.reading()
        let filter = try filter(session, store)
        let receipts = try session.receipts()
        var isNone = true
        if csv { session.output.write(CSV.line(AuditPage.csvHeader)) }
        func show(_ entry: AuditEntry) -> Bool {
            isNone = false
            let name = { (device: DeviceID) in session.name(of: device, in: store) }
            let page = AuditPage(entry: entry, name: name(entry.row.dot.device), receipt: receipts[entry.row.dot], deviceName: name)
            if csv {
                page.writeCSV(to: session.output)
            } else if session.isJSON {
                page.writeJSON(to: session.output)
            } else {
                page.writeText(to: session.output)
            }
            session.output.flushIfSlow()
            return true
        }
        if let record {
            try store.audit(of: try Arguments.record(record), filter, limit: limit, newestFirst: reverse, show)
        } else {
            try store.audit(filter, limit: limit, newestFirst: reverse, show)
        }
        guard isNone && limit != 0 && !csv && !session.isJSON else { return }
        session.output.note(store.end.index == 0 ? "there is no event" : "no event matches")
    }

    private func filter(_ session: Session, _ store: Store) throws -> AuditFilter {
        func time(_ text: String?, _ option: String) throws -> UInt64? {
            try text.map { text in
                guard let time = TimeText.milliseconds(iso: text) else {
                    throw ConsoleError.usage("\(option) wants an ISO time, not “\(text)”", hint: "for example 2026-11-22T16:52")
                }
                return time
            }
        }
        var filter = AuditFilter()
        filter.since = try time(since, "--since")
        filter.until = try time(until, "--until")
        filter.device = try device.map { try session.device($0, in: store) }
        filter.kind = try kind.map { text in
            guard let kind = EventKind(word: text) else {
                throw ConsoleError.usage("--kind is edit, resolve, undo or import, not “\(text)”")
            }
            return kind
        }
        filter.collection = try collection.map(Arguments.collection)
        filter.field = try field.map(Arguments.field)
        filter.criticalOnly = critical
        return filter
    }
}
