internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Lists records, now or then.
struct ListCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List records, now or then; deleted ones are left out.",
        discussion: "On a terminal long values are shortened. Example:\n\n  syncline list notes --where days=3 --at '#100'")

    @Argument(help: "Only this collection.") var collection: String?
    @Option(name: .customLong("where"), help: ArgumentHelp("Only records that show this value; may be repeated.", valueName: "field=value"))
    var conditions: [String] = []
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let collection = try collection.map(Arguments.collection)
        let wanted = try conditions.map(Arguments.condition)
        let store = try session.reading()
        func show(_ record: DecidedRecord) -> Bool {
            guard !record.isDeleted, wanted.allSatisfy({ record.shown($0.field) == $0.value }) else { return true }
            if session.isJSON {
                session.output.object { RecordJSON.write(record, to: &$0) }
            } else {
                let columns = Terminal.hasOutput ? ValueText.longColumns / 2 : Int.max
                let fields = record.shown.map { "\($0.field.text)=\(ValueText.short([$0.value], columns: columns))" }.joined(separator: " ")
                session.output.line((record.isOpen ? "! " : "  ") + Arguments.text(record.key) + "  " + fields)
            }
            session.output.flushIfSlow()
            return true
        }
        guard let moment = try session.moment(at, in: store) else {
            guard !wanted.isEmpty else { return try store.decidedRecords(in: collection, show) }
            let progress = Progress("looking", total: 0, unit: "records", on: session.output)
            try store.decidedRecords(in: collection, mayShow: wanted, progress: progress.advance(to:of:)) { record in
                progress.end()
                return show(record)
            }
            return progress.end()
        }
        let progress = Progress("going back", total: 0, unit: "events", on: session.output)
        try store.decidedRecords(in: collection, at: moment, mayShow: wanted, progress: progress.advance(to:of:)) { record in
            progress.end()
            return show(record)
        }
        progress.end()
    }
}
