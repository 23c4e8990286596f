internal import HubStore

/// `/metrics` in the text format of Prometheus, version 0.0.4.
enum Metrics {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    static func text(_ traffic: Traffic.Counts, _ workspaces: [WorkspaceNumbers]) -> String {
        var text = ""
        func family(_ name: String, _ kind: String, _ help: String, _ samples: [(labels: String, value: String)]) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
            for sample in samples { text += "\(name)\(sample.labels.isEmpty ? "" : "{\(sample.labels)}") \(sample.value)\n" }
        }
        func each(_ name: String, _ kind: String, _ help: String, _ value: (WorkspaceNumbers) -> UInt64) {
            family(name, kind, help, workspaces.map { ("workspace=\"\($0.name)\"", "\(value($0))") })
        }
        family(
            "syncline_requests_total", "counter", "Answered requests.",
            traffic.byStatus.sorted { $0.key < $1.key }.map { ("status=\"\($0.key)\"", "\($0.value)") })
        text += "# HELP syncline_request_seconds How long answers took.\n# TYPE syncline_request_seconds histogram\n"
        for (bound, count) in zip(Traffic.bounds, traffic.buckets) { text += "syncline_request_seconds_bucket{le=\"\(bound)\"} \(count)\n" }
        text += "syncline_request_seconds_bucket{le=\"+Inf\"} \(traffic.count)\n"
        text += "syncline_request_seconds_sum \(traffic.seconds)\nsyncline_request_seconds_count \(traffic.count)\n"
        each("syncline_events", "gauge", "Events in the log.") { $0.head }
        each("syncline_log_bytes", "gauge", "Bytes of the log.") { $0.logBytes }
        family(
            "syncline_quota_bytes", "gauge", "Bytes that the log may have.",
            workspaces.map { ("workspace=\"\($0.name)\"", $0.quotaBytes.map { "\($0)" } ?? "+Inf") })
        each("syncline_waiting_events", "gauge", "Events that wait for what they build on.") { $0.waiting }
        each("syncline_devices", "gauge", "Enrolled devices that are not revoked.") { $0.devices }
        each("syncline_sockets", "gauge", "Open sockets.") { $0.sockets }
        each("syncline_open_critical_events", "gauge", "Critical events that some device has not ended.") { $0.openCritical }
        each("syncline_epoch", "gauge", "The newest lease's epoch.") { $0.epoch }
        each("syncline_pushes_total", "counter", "Pushes.") { $0.counters.pushes }
        each("syncline_accepted_events_total", "counter", "Pushed events that were accepted.") { $0.counters.accepted }
        each("syncline_duplicate_events_total", "counter", "Pushed events that were there.") { $0.counters.duplicates }
        each("syncline_parked_events_total", "counter", "Pushed events that came too early.") { $0.counters.parked }
        each("syncline_rejected_events_total", "counter", "Pushed events that were not taken.") { $0.counters.rejected }
        each("syncline_log_syncs_total", "counter", "Times that commits were made durable.") { $0.syncs }
        return text
    }
}
