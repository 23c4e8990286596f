internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Sets fields of a record.
struct PutCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Set fields of a record; exit 0 means it is on disk.",
        discussion:
            "A value is JSON if it parses as JSON, else text. Prints the event's dot. A list or an object has quotes of its own: a shell wants 'tags=[\"a\",\"b\"]', the prompt takes them without the outer ones too. Example:\n\n  syncline put notes/trip title=\"To the sea\" days=3 --note \"booked\""
    )

    @Argument(help: "The record, collection/id.") var record: String
    @Argument(help: "Writes, field=value.") var writes: [String] = []
    @Option(help: ArgumentHelp("More writes as a JSON object.", valueName: "object")) var fields: String?
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: String?
    @Flag(help: "Connected devices must get it at once and acknowledge it.") var critical = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let set = try writes.map(Arguments.write) + (try fields.map(Arguments.writes(object:)) ?? [])
        guard !set.isEmpty else {
            throw ConsoleError.usage("put sets nothing: it wants field=value, or --fields", hint: "for example title=\"To the sea\"")
        }
        let draft = Draft(key: key, body: try body(set: set, unset: []), note: try Arguments.note(note), isCritical: critical)
        try Writing(session).commit(draft)
    }
}
