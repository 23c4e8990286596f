internal import EventCore

/// One run of a benchmark: what a process of its own measured, and hands to the one that asked as a line of JSON.
struct BenchRun {
    /// Wall time.
    var seconds: Double
    /// Time on processors, of all threads.
    var processorSeconds: Double
    var events: Int
    /// What megabytes and bytes an event are counted in: the log's bytes of the events, for an import the bytes of its lines.
    var bytes: Int
    /// The most memory that the process held until the measured work was done.
    var peakMemoryBytes: Int
    /// Further sizes and counts, by the name that `--json` gives them.
    var details: [(name: String, value: Int)] = []
    /// How long single steps took, in nanoseconds, by what they are.
    var latencies: [(name: String, nanoseconds: [UInt64])] = []
    /// Of the result; nil where it was not asked for.
    var digest: String?

    /// Measures `work`: its time and the memory of the process up to its end.
    static func measuring<Value>(_ work: () throws -> Value) rethrows -> (run: BenchRun, value: Value) {
        let (wall, processor) = (Machine.monotonicSeconds, Machine.processorSeconds)
        let value = try work()
        let run = BenchRun(
            seconds: Machine.monotonicSeconds - wall, processorSeconds: Machine.processorSeconds - processor, events: 0, bytes: 0,
            peakMemoryBytes: Machine.peakMemoryBytes)
        return (run, value)
    }

    func write(to output: Output) {
        output.object { writer in
            writer.key("seconds")
            writer.number(seconds)
            writer.key("processorSeconds")
            writer.number(processorSeconds)
            writer.key("events")
            writer.integer(events)
            writer.key("bytes")
            writer.integer(bytes)
            writer.key("peakMemoryBytes")
            writer.integer(peakMemoryBytes)
            writer.key("details")
            writer.beginObject()
            for detail in details {
                writer.key(detail.name.utf8)
                writer.integer(detail.value)
            }
            writer.endObject()
            writer.key("latencies")
            writer.beginObject()
            for latency in latencies {
                writer.key(latency.name.utf8)
                writer.beginArray()
                for nanoseconds in latency.nanoseconds { writer.integer(nanoseconds) }
                writer.endArray()
            }
            writer.endObject()
            writer.key("digest")
            if let digest { writer.string(digest) } else { writer.null() }
        }
    }
}

extension BenchRun {
    /// What `write` wrote; nil for anything else.
    init?(_ json: JSONValue) {
        guard let seconds = json["seconds"]?.number, let processorSeconds = json["processorSeconds"]?.number,
            let events = json["events"]?.number, let bytes = json["bytes"]?.number, let peak = json["peakMemoryBytes"]?.number,
            case .object(let details)? = json["details"], case .object(let latencies)? = json["latencies"]
        else { return nil }
        self.init(
            seconds: seconds, processorSeconds: processorSeconds, events: Int(events), bytes: Int(bytes), peakMemoryBytes: Int(peak),
            details: details.map { (String(decoding: $0.key, as: UTF8.self), Int($0.value.number ?? 0)) },
            latencies: latencies.map { latency in
                guard case .array(let items) = latency.value else { return (String(decoding: latency.key, as: UTF8.self), []) }
                return (String(decoding: latency.key, as: UTF8.self), items.map { UInt64($0.number ?? 0) })
            },
            digest: json["digest"]?.text)
    }
}

extension JSONValue {
    /// The number as a double; nil for anything else.
    var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// The string; nil for anything else.
    var text: String? {
        guard case .string(let utf8) = self else { return nil }
        return String(decoding: utf8, as: UTF8.self)
    }
}
