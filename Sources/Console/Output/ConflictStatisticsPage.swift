internal import EventCore
internal import ReplicaEngine

/// Counts of conflicts as people and programs read them.
struct ConflictStatisticsPage {
    let statistics: ConflictStatistics
    let name: (DeviceID) -> String

    private static let percentiles = [50, 90, 99, 100]

    func writeText(to output: Output) {
        let total = statistics.total
        output.line(
            "\(Sentences.count(statistics.concurrentEvents, "concurrent event")); \(Sentences.count(total.opened, "conflict")), "
                + "\(Self.states(total)); \(total.automatic) agreed by themselves")
        if let times = times(total) { output.line("settled after \(times)") }
        for (group, counts) in statistics.sorted {
            let devices = group.devices.map(name).joined(separator: ", ")
            let times = times(counts).map { "; after \($0)" } ?? ""
            output.line(
                "\(Arguments.text(collection: group.collection))  \(group.field?.text ?? "delete against edit")  (\(devices)): "
                    + "\(Self.states(counts)), \(counts.automatic) agreed\(times)")
        }
    }

    /// How many of the opened ones are what.
    private static func states(_ counts: ConflictStatistics.Counts) -> String {
        let decided = counts.decided > 0 ? ", \(counts.decided) decided by policies" : ""
        return "\(counts.open) open\(decided), \(counts.byHand) settled"
    }

    private func times(_ counts: ConflictStatistics.Counts) -> String? {
        guard let most = counts.percentile(100) else { return nil }
        let parts = [50, 90, 99].compactMap { percent in counts.percentile(percent).map { "p\(percent) \(TimeText.duration($0))" } }
        return parts.joined(separator: ", ") + ", at most \(TimeText.duration(most))"
    }

    func writeJSON(to output: Output) {
        output.object { writer in
            writer.key("concurrentEvents")
            writer.integer(statistics.concurrentEvents)
            Self.write(statistics.total, &writer)
            writer.key("groups")
            writer.beginArray()
            for (group, counts) in statistics.sorted {
                writer.beginObject()
                writer.key("collection")
                writer.string(group.collection.utf8)
                writer.key("field")
                writer.string(group.field?.utf8 ?? [])
                writer.key("devices")
                writer.beginArray()
                for device in group.devices { writer.device(device) }
                writer.endArray()
                writer.key("names")
                writer.beginArray()
                for device in group.devices { writer.string(name(device)) }
                writer.endArray()
                Self.write(counts, &writer)
                writer.endObject()
            }
            writer.endArray()
        }
    }

    private static func write(_ counts: ConflictStatistics.Counts, _ writer: inout JSONWriter) {
        for (key, number) in [
            ("opened", counts.opened), ("open", counts.open), ("decided", counts.decided), ("byHand", counts.byHand),
            ("automatic", counts.automatic),
        ] {
            writer.key(key.utf8)
            writer.integer(number)
        }
        writer.key("milliseconds")
        writer.beginObject()
        for percent in percentiles {
            guard let duration = counts.percentile(percent) else { continue }
            writer.key((percent == 100 ? "max" : "p\(percent)").utf8)
            writer.integer(duration)
        }
        writer.endObject()
    }
}
