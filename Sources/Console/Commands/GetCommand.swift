internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Shows a record, now or then.
struct GetCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show a record, now or then.",
        discussion:
            "Contested fields are marked with !, those that a policy decides with ~. Example:\n\n  syncline get notes/trip --at 2026-11-01T08:00Z"
    )

    @Argument(help: "The record, collection/id.") var record: String
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let store = try session.reading()
        let moment = try session.moment(at, in: store)
        let record = try store.decided(try session.record(key, at: moment, in: store), at: moment)
        if session.isJSON {
            session.output.object { RecordJSON.write(record, to: &$0) }
        } else {
            RecordText.write(record, to: session.output)
        }
    }
}
