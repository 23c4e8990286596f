internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Shows a record, now or then.
struct GetCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show a record, now or then.",
        discussion: """
            Contested fields are marked with !, those that a policy decides with ~. With --who each field with who wrote it, when, and by which event; where a policy decides, the events that its value comes from. Example:

              syncline get notes/trip --at 2026-11-01T08:00Z
              syncline get notes/trip --who
            """)

    @Argument(help: "The record, collection/id.") var record: String
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @Flag(help: "Who wrote each field, when, and by which event.") var who = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let store = try session.reading()
        let moment = try session.moment(at, in: store)
        let found = try session.record(key, at: moment, in: store)
        let record = try store.decided(found, at: moment)
        let writers = who ? WritersPage(writers: try store.writers(of: record)) { session.name(of: $0, in: store) } : nil
        if session.isJSON {
            session.output.object { writer in
                RecordJSON.write(record, to: &writer)
                writers?.writeJSON(record, &writer)
            }
        } else if let writers {
            writers.writeText(record, to: session.output)
        } else {
            RecordText.write(record, to: session.output, program: session.program)
        }
    }
}
