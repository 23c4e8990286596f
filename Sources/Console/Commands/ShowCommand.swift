internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// Base and every side of a conflict, side by side.
struct ShowCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a record's conflict: the base and every side, side by side.",
        discussion: "Differences are marked with !, agreeing fields folded away. Example:\n\n  syncline show notes/trip")

    @Argument(help: "The record, collection/id.") var record: String
    @Option(help: ArgumentHelp("#N after N events, device:seq, or an ISO time.", valueName: "when")) var at: String?
    @Flag(help: "Show long values with all that they have, not only where they differ.") var whole = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let key = try Arguments.record(record)
        let store = try session.reading()
        let moment = try session.moment(at, in: store)
        let record = try session.record(key, at: moment, in: store)
        let conflict = try store.conflict(key, at: moment)
        // What is settled by now, or has other sides, is not to be settled by what is shown of the past.
        let now = try moment == nil ? conflict : store.conflict(key)
        let isSame = now?.isOpen == true && now?.sides.map(\.dot) == conflict?.sides.map(\.dot)
        let way: ConflictPage.Way = isSame ? .command(program: session.program) : .nothing
        let page = ConflictPage(record: record, conflict: conflict, isWhole: whole, way: way) { session.name(of: $0, in: store) }
        guard !session.isJSON else { return page.writeJSON(to: session.output) }
        page.writeText(to: session.output)
        let receipts = try session.receipts()
        for head in record.heads {
            guard let receipt = receipts[head] else { continue }
            let name = { (device: DeviceID) in session.name(of: device, in: store) }
            session.output.line("urgent \(name(head.device)):\(head.seq): \(ReceiptText.text(receipt, name))")
        }
        if let conflict, moment == nil {
            SuggestionText.write(conflict, { store.suggestion(for: $0, in: key.collection) }, to: session.output)
        }
    }
}
