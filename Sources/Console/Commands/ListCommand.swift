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
        var isNone = true
        func show(_ record: DecidedRecord) -> Bool {
            guard !record.isDeleted, wanted.allSatisfy({ record.shown($0.field) == $0.value }) else { return true }
            isNone = false
            if session.isJSON {
                session.output.object { RecordJSON.write(record, to: &$0) }
            } else {
                let columns = Terminal.hasOutput ? ValueText.longColumns / 2 : Int.max
                let fields = record.shown.map { "\($0.field.text)=\(ValueText.short([$0.value], columns: columns))" }.joined(separator: " ")
                session.output.line((record.isOpen ? "! " : "  ") + Arguments.shown(record.key) + "  " + fields)
            }
            session.output.flushIfSlow()
            return true
        }
        let moment = try session.moment(at, in: store)
        let (what, unit) = moment == nil ? ("looking", "records") : ("going back", "events")
        let progress = Progress(what, total: 0, unit: unit, on: session.output)
        func showNext(_ record: DecidedRecord) -> Bool {
            progress.end()
            return show(record)
        }
        if let moment {
            try store.decidedRecords(in: collection, at: moment, mayShow: wanted, progress: progress.advance(to:of:), showNext)
        } else if wanted.isEmpty {
            try store.decidedRecords(in: collection, show)
        } else {
            try store.decidedRecords(in: collection, mayShow: wanted, progress: progress.advance(to:of:), showNext)
        }
        progress.end()
        guard isNone && !session.isJSON else { return }
        session.output.note(collection == nil && wanted.isEmpty ? "there is no record\(at == nil ? "" : " then")" : "no record matches")
    }
}
