internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Removes fields of a record.
struct UnsetCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "unset", abstract: "Remove fields of a record.", discussion: "Example:\n\n  syncline unset notes/trip days")

    @Argument(help: "The record, collection/id.") var record: String
    @Argument(help: "The fields.") var fields: [String]
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: String?
    @Flag(help: "Connected devices must get it at once and acknowledge it.") var critical = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let body = try body(set: [], unset: try fields.map(Arguments.field))
        let writing = try Writing(session)
        guard try writing.store.record(key) != nil else { throw ConsoleError(noRecord: key) }
        try writing.commit(Draft(key: key, body: body, note: try Arguments.note(note), isCritical: critical))
    }
}
