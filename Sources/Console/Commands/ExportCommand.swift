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
        let file = file == "-" ? nil : file
        var writer = JSONWriter()
        func add(_ event: Event) {
            event.write(to: &writer)
            writer.endLine()
            if file == nil && writer.bytes.count > 1 << 18 {
                session.output.write(writer.bytes)
                writer.removeAll()
            }
        }
        try store.events(from: Position(0)) { (logged) throws(ReplicaError) in
            add(logged.event)
            return true
        }
        for event in store.waitingEvents { add(event) }
        guard let file else {
            session.output.write(writer.bytes)
            return
        }
        try OutputFile.write(file.hasSuffix(".gz") ? Gzip.deflate(writer.bytes) : writer.bytes, to: file)
        let count = Int(store.end.index) + store.waitingCount
        if session.isJSON {
            session.output.object { writer in
                writer.key("events")
                writer.integer(count)
                writer.key("file")
                writer.string(file)
            }
        } else {
            session.output.note("\(count) events to \(file)")
        }
    }
}
