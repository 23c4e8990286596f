internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Gives out every event as JSON lines, or records as a table.
struct ExportCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Give out every event as a line of canonical JSON, in the order of the log, waiting ones last.",
        discussion: """
            Compressed when the file's name ends in .gz. With --csv the records instead, as comma-separated values: collection, record, contested, and a column for each field that was ever written, with what is shown, where policies decide what they make of it; contested says whether somebody has to look at it; deleted records are left out. A cell that a spreadsheet would run as a formula gets an apostrophe in front. (The audit trail as a table: `syncline log --csv`.) Example:

              syncline export events.jsonl.gz
              syncline export --csv --collection notes notes.csv
            """)

    @Argument(help: "The file; stdout when left out, or -.") var file: String?
    @Flag(help: "Records as comma-separated values.") var csv = false
    @Option(help: ArgumentHelp("With --csv: only this collection.", valueName: "name")) var collection: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard csv || collection == nil else { throw ValidationError("--collection goes with --csv: events are exported whole") }
    }

    func run(_ session: Session) throws {
        let collection = try collection.map(Arguments.collection)
        let store = try session.reading()
        let sink = Sink(target: file == "-" ? nil : try file.map(OutputFile.init), output: session.output)
        // What stands on a terminal itself is progress enough.
        let (total, unit) = csv ? (store.recordCount, "records") : (Int(store.end.index), "events")
        let progress = file == nil || file == "-" ? nil : Progress("exporting", total: total, unit: unit, on: session.output)
        let (count, what) =
            try csv
            ? (writeRecords(of: store, in: collection, to: sink, progress), "record")
            : (writeEvents(of: store, to: sink, progress), "event")
        progress?.end()
        guard try sink.finish(), let file else { return }
        if session.isJSON {
            session.output.object { writer in
                writer.key((what + "s").utf8)
                writer.integer(count)
                writer.key("file")
                writer.string(file)
            }
        } else {
            session.output.note("\(Sentences.count(count, what)) to \(file)")
        }
    }

    private func writeEvents(of store: Store, to sink: Sink, _ progress: Progress?) throws -> Int {
        var writer = JSONWriter()
        var failure: (any Error)?
        // False when the file cannot be written: the log's reader carries no errors but its own.
        func add(_ event: Event) -> Bool {
            event.write(to: &writer)
            writer.endLine()
            guard writer.bytes.count >= Self.eventBytes else { return true }
            do { try sink.write(writer.bytes) } catch { failure = error }
            writer.removeAll()
            return failure == nil
        }
        try store.events(from: Position(0)) { (logged) throws(ReplicaError) in
            progress?.advance(to: Int(logged.position.index))
            return add(logged.event)
        }
        for event in store.waitingEvents where failure == nil { _ = add(event) }
        if let failure { throw failure }
        try sink.write(writer.bytes)
        return Int(store.end.index) + store.waitingCount
    }

    private func writeRecords(of store: Store, in collection: Name?, to sink: Sink, _ progress: Progress?) throws -> Int {
        let fields = try store.fieldNames(in: collection)
        try sink.write(CSV.line(["collection", "record", "contested"] + fields.map(\.text)))
        var count = 0
        try store.decidedRecords(in: collection) { record in
            guard !record.isDeleted else { return true }
            let shown = Dictionary(uniqueKeysWithValues: record.shown.map { ($0.field, $0.value) })
            let cells = fields.map { shown[$0].map(CSV.text) ?? "" }
            try sink.write(CSV.line([record.key.collection.text, record.key.record.text, "\(record.isOpen)"] + cells))
            count += 1
            progress?.advance(to: count)
            return true
        }
        return count
    }

    private static let eventBytes = 1 << 14
}

/// Where exported bytes go: a file, or the results.
private final class Sink {
    private let target: OutputFile?
    private let output: Output
    private var bytes: [UInt8] = []
    private static let pieceBytes = 1 << 20

    init(target: OutputFile?, output: Output) {
        self.target = target
        self.output = output
    }

    func write(_ more: [UInt8]) throws {
        guard let target else {
            output.write(more)
            return output.flushIfSlow()
        }
        bytes += more
        guard bytes.count >= Self.pieceBytes else { return }
        try target.write(bytes)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Whether there is a file, which is complete now.
    func finish() throws -> Bool {
        guard let target else { return false }
        try target.write(bytes)
        try target.finish()
        return true
    }
}
