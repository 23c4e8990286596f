internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Base and every side of a conflict, side by side.
struct ShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a record's conflict: the base and every side, side by side.",
        discussion: "Differences are marked with !, agreeing fields folded away. Example:\n\n  syncline show notes/trip")

    @Argument(help: "The record, collection/id.") var record: String
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let store = try session.reading()
        let moment = try session.moment(at, in: store)
        let record = try session.record(key, at: moment, in: store)
        let conflict = try store.conflict(key, at: moment)
        let page = ConflictPage(record: record, conflict: conflict) { session.name(of: $0, in: store) }
        guard !session.isJSON else { return page.writeJSON(to: session.output) }
        page.writeText(to: session.output)
        if let conflict, moment == nil {
            SuggestionText.write(conflict, { store.suggestion(for: $0, in: key.collection) }, to: session.output)
        }
    }
}
