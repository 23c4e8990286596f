package import EventCore
internal import SyncCore

/// Who has which of this device's critical events, as far as the hub said: the file `critical` in a store's folder `sync/`.
package struct CriticalReceipts: Hashable, Sendable {
    package struct Receipt: Hashable, Sendable {
        /// Who has it, durably.
        package var by: [DeviceID]
        /// Who does not have it yet.
        package var missing: [DeviceID]
    }

    private var receipts: [Dot: Receipt] = [:]

    /// Older ones are forgotten when everybody has them.
    private static let limit = 1000
    static let fileName = "/critical"

    package init() {}

    package subscript(dot: Dot) -> Receipt? { receipts[dot] }

    /// Those that somebody does not have yet, oldest first.
    package var incomplete: [(dot: Dot, receipt: Receipt)] {
        receipts.filter { !$0.value.missing.isEmpty }.sorted { $0.key < $1.key }.map { (dot: $0.key, receipt: $0.value) }
    }

    /// Who has an event has it for good: word that is older than what is known takes nothing back.
    package mutating func take(_ dot: Dot, by devices: [DeviceID], missing: [DeviceID]) {
        let by = Set(devices).union(receipts[dot]?.by ?? [])
        receipts[dot] = Receipt(by: by.sorted(), missing: missing.filter { !by.contains($0) }.sorted())
        guard receipts.count > Self.limit else { return }
        for dot in receipts.keys.sorted() where receipts.count > Self.limit && receipts[dot]?.missing.isEmpty == true {
            receipts[dot] = nil
        }
    }

    /// Takes the hub's own list, which is whole: what it does not name any more is at an end, whoever ended it.
    package mutating func take(status: JSONValue) {
        guard let items = status["caller"]?["ownCritical"]?.items else { return }
        var named: Set<Dot> = []
        for item in items {
            guard let dot = item["dot"]?.dot else { continue }
            named.insert(dot)
            take(dot, by: Self.devices(item["by"]), missing: Self.devices(item["missing"]))
        }
        for (dot, _) in incomplete where !named.contains(dot) { receipts[dot]?.missing = [] }
    }

    // MARK: - The file

    /// What a file says. One that is not there, or is damaged, says nothing; the hub says it again.
    init(json text: [UInt8]?) {
        guard let text, let object = try? JSONValue(json: text) else { return }
        for item in object["critical"]?.items ?? [] {
            guard let dot = item["dot"]?.dot else { continue }
            receipts[dot] = Receipt(by: Self.devices(item["by"]), missing: Self.devices(item["missing"]))
        }
    }

    var json: [UInt8] {
        JSONWriter.object { writer in
            writer.key("critical")
            writer.beginArray()
            for (dot, receipt) in receipts.sorted(by: { $0.key < $1.key }) {
                writer.beginObject()
                writer.key("dot")
                writer.dot(dot)
                writer.devices("by", receipt.by)
                writer.devices("missing", receipt.missing)
                writer.endObject()
            }
            writer.endArray()
        } + [0x0A]
    }

    private static func devices(_ value: JSONValue?) -> [DeviceID] {
        (value?.items ?? []).compactMap { $0.text.flatMap { DeviceID($0) } }
    }
}
