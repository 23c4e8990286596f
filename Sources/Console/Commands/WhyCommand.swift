internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Where a field's value comes from.
struct WhyCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "why", abstract: "The event that wrote what a field shows, what it overwrote or contests, and what both sides knew.",
        discussion:
            "`syncline log R --field F` shows earlier writers. Long values are shortened, but with --json. Example:\n\n  syncline why notes/trip title"
    )

    @Argument(help: "The record, collection/id.") var record: String
    @Argument(help: "The field.") var field: String
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let (key, field) = (try Arguments.record(record), try Arguments.field(field))
        let store = try session.reading()
        let moment = try session.moment(at, in: store)
        _ = try session.record(key, at: moment, in: store)
        guard let origin = try store.origin(of: field, in: key, at: moment) else {
            throw ConsoleError(
                code: "no-such-field", "nothing has ever written “\(field.text)” in \(Arguments.shown(key))",
                hint: "`syncline get \(Arguments.typed(key)) --who` lists its fields")
        }
        let page = OriginPage(origin: origin) { session.name(of: $0, in: store) }
        if session.isJSON { page.writeJSON(to: session.output) } else { page.writeText(to: session.output) }
    }
}
