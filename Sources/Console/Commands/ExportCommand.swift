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
        var done = 0
        var failure: (any Error)?
        // The log's reader carries no errors but its own.
        try store.eventLines { lines in
            do { try sink.write(lines.bytes) } catch { failure = error }
            done += lines.lines.count
            progress?.advance(to: done)
            return failure == nil
        }
        if let failure { throw failure }
        for event in store.waitingEvents {
            var writer = JSONWriter()
            event.write(to: &writer)
            writer.endLine()
            try sink.write(writer.bytes)
        }
        return Int(store.end.index) + store.waitingCount
    }

    private func writeRecords(of store: Store, in collection: Name?, to sink: Sink, _ progress: Progress?) throws -> Int {
        let fields = try store.fieldNames(in: collection)
        try sink.write(CSV.line(["collection", "record", "contested"] + fields.map(\.text)))
        var (count, line) = (0, [UInt8]())
        try store.decidedRecords(in: collection, progress: { _, _ in progress?.advance(to: count) }) { record in
            guard !record.isDeleted else { return true }
            line.removeAll(keepingCapacity: true)
            CSV.append(cell: record.key.collection.utf8, to: &line)
            line.append(CSV.separator)
            CSV.append(cell: record.key.record.utf8, to: &line)
            line.append(CSV.separator)
            CSV.append(cell: (record.isOpen ? "true" : "false").utf8, to: &line)
            // Both are sorted by name.
            var shown = record.shown[...]
            for field in fields {
                line.append(CSV.separator)
                guard let write = shown.first, write.field == field else { continue }
                CSV.append(write.value, to: &line)
                shown.removeFirst()
            }
            line += CSV.lineEnd
            try sink.write(line)
            count += 1
            progress?.advance(to: count)
            return true
        }
        return count
    }
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
        // What is a piece of its own is not copied.
        guard !bytes.isEmpty || more.count < Self.pieceBytes / 4 else { return try target.write(more) }
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
