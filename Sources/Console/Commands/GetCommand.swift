internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Shows a record, now or then.
struct GetCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show a record, now or then.",
        discussion: "Contested fields are marked with !. Example:\n\n  syncline get notes/trip --at 2026-11-01T08:00Z")

    @Argument(help: "The record, collection/id.") var record: String
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let store = try session.reading()
        let moment = try session.moment(at, in: store)
        guard let record = try moment.map({ try store.record(key, at: $0) }) ?? store.record(key) else {
            guard moment != nil, try store.record(key) != nil else { throw ConsoleError(noRecord: key) }
            throw ConsoleError(
                code: "not-yet", "the record \(Arguments.text(key)) was not there yet",
                hint: "`syncline log \(Arguments.text(key))` shows since when")
        }
        if session.isJSON {
            session.output.object { RecordJSON.write(record, to: &$0) }
        } else {
            RecordText.write(record, to: session.output)
        }
    }
}
