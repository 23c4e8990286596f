internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Gives out every event as JSON lines.
struct ExportCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Give out every event as a line of canonical JSON, in the order of the log, waiting ones last.",
        discussion: "Compressed when the file's name ends in .gz. Example:\n\n  syncline export events.jsonl.gz")

    @Argument(help: "The file; stdout when left out, or -.") var file: String?
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let target = file == "-" ? nil : try file.map(OutputFile.init)
        var writer = JSONWriter()
        var failure: (any Error)?
        // False when the file cannot be written: the log's reader carries no errors but its own.
        func add(_ event: Event) -> Bool {
            event.write(to: &writer)
            writer.endLine()
            guard writer.bytes.count >= Self.pieceBytes else { return true }
            do { try give(writer.bytes, to: target, session) } catch { failure = error }
            writer.removeAll()
            return failure == nil
        }
        try store.events(from: Position(0)) { (logged) throws(ReplicaError) in add(logged.event) }
        for event in store.waitingEvents where failure == nil { _ = add(event) }
        if let failure { throw failure }
        if !writer.bytes.isEmpty { try give(writer.bytes, to: target, session) }
        guard let target, let file else { return }
        try target.finish()
        let count = Int(store.end.index) + store.waitingCount
        if session.isJSON {
            session.output.object { writer in
                writer.key("events")
                writer.integer(count)
                writer.key("file")
                writer.string(file)
            }
        } else {
            session.output.note("\(Sentences.count(count, "event")) to \(file)")
        }
    }

    private func give(_ bytes: [UInt8], to target: OutputFile?, _ session: Session) throws {
        if let target { try target.write(bytes) } else { session.output.write(bytes) }
    }

    private static let pieceBytes = 1 << 20
}
