internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Deletes a record.
struct DeleteCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a record; its history stays.",
        discussion: "Example:\n\n  syncline delete notes/trip --note \"cancelled\"")

    @Argument(help: "The record, collection/id.") var record: String
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: String?
    @Flag(help: "Connected devices must get it at once and acknowledge it.") var critical = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let writing = try Writing(session)
        guard try writing.store.record(key) != nil else { throw ConsoleError(noRecord: key) }
        try writing.commit(Draft(key: key, body: .delete, note: try Arguments.note(note), isCritical: critical))
    }
}
