internal import EventCore
internal import Histogram

/// How long single steps took, as an HDR histogram of nanoseconds with three significant digits.
struct Latencies {
    /// What the step is.
    let name: String
    private var histogram = Histogram<UInt32>(numberOfSignificantValueDigits: .three)

    init(_ name: String) { self.name = name }

    mutating func add(nanoseconds: UInt64) { histogram.record(nanoseconds) }

    /// Microseconds that so many percent of the steps took at most.
    func microseconds(atPercentile percentile: Double) -> Double {
        Double(histogram.valueAtPercentile(percentile)) / 1000
    }

    func write(to writer: inout JSONWriter) {
        writer.key(name.utf8)
        writer.beginObject()
        writer.key("count")
        writer.integer(histogram.totalCount)
        for (key, percentile) in Self.percentiles {
            writer.key(key)
            writer.number(microseconds(atPercentile: percentile))
        }
        writer.endObject()
    }

    var text: String {
        let parts = Self.percentiles.map { "\($0.key) \(BenchMeasure.text(microseconds(atPercentile: $0.percentile)))" }
        return "\(name) in µs: \(parts.joined(separator: ", ")), of \(histogram.totalCount)"
    }

    private static let percentiles: [(key: StaticString, percentile: Double)] = [
        ("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9), ("max", 100),
    ]
}
