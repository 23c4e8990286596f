internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Takes in events from JSON lines.
struct ImportCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take in events from JSON lines, in any order.",
        discussion:
            "The whole input is checked before the first event is written; importing twice changes nothing. .gz too, - for a pipe. Example:\n\n  syncline import events.jsonl.gz"
    )

    @Argument(help: "The file, or - for a pipe.") var file: String
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let folder = try session.folder()
        guard Machine.isFolder(folder) else { throw ConsoleError(ReplicaError.notAStore(folder: folder)) }
        let input = try InputFile(file)
        let store = try session.writing()
        let report = try ingest(input, into: store, session)
        try session.settle(store, gained: report.applied)
        try session.close(store)
        if session.isJSON {
            session.output.object { writer in
                writer.key("applied")
                writer.integer(report.applied)
                writer.key("duplicates")
                writer.integer(report.duplicates)
                writer.key("waiting")
                writer.integer(report.waiting)
                writer.key("events")
                writer.integer(store.end.index)
            }
        } else {
            session.output.line(
                "\(report.applied) applied, \(report.duplicates) here already, \(report.waiting) waiting for what they build on")
        }
    }

    private func ingest(_ input: InputFile, into store: Store, _ session: Session) throws -> IngestReport {
        let ingestion = try store.ingestion()
        let checking = Progress("checking", total: input.sizeBytes / Self.megabyte, unit: "MB", on: session.output)
        try EventLines.forEach(in: input, named: file) { event in
            try ingestion.add(event)
            checking.advance(to: input.doneBytes / Self.megabyte)
        }
        checking.end()
        let writing = Progress("importing", total: ingestion.count, on: session.output)
        let report = try ingestion.finish { writing.advance(to: $0) }
        writing.end()
        return report
    }

    private static let megabyte = 1_000_000
}
