import EventCore
import HubStore
import LogStore
import ReplicaEngine
import Simulation
import SyncCore

/// A workspace's folder on a disk in memory.
struct HubDisk {
    static let folder = "disk/workspace"
    let volume = FaultyVolume(seed: 7)

    init() throws { try volume.createFolder("disk") }

    /// Opens the log, or makes it.
    func open() throws -> StoreLog<FaultyVolume> {
        try StoreLog.open(in: Self.folder, on: volume, options: LogOptions()) { (0..<32).map { $0 } }
    }

    /// Closes the log and opens it again, as the next process does.
    func reopen(_ log: StoreLog<FaultyVolume>) throws -> StoreLog<FaultyVolume> {
        try log.store.close()
        return try open()
    }
}

extension StoreLog {
    /// Offers events by no rules but the log's own.
    func offer(_ events: Event..., rules: AdmissionRules = AdmissionRules()) throws -> Admission {
        try admit(.events(events), under: rules)
    }
}

extension Admission {
    /// One an event.
    var verdicts: [Verdict] { runs.flatMap { Array($0.verdicts) } }
}

extension DeviceID {
    static func sample(_ number: UInt64) -> DeviceID { DeviceID(high: 0, low: number) }
}

extension Event {
    /// An event that sets one field, of a record that its writer has seen to this extent.
    static func sample(
        _ device: UInt64, _ seq: UInt64, record: String = "r", context: [Dot] = [], epoch: UInt64 = 0, isCritical: Bool = false,
        value: String = "1"
    ) throws -> Event {
        try Event(
            dot: Dot(device: .sample(device), seq: seq), key: RecordKey(collection: Name("notes"), record: Name(record)),
            context: VersionVector(context), time: HybridTime(milliseconds: seq),
            body: .writing(set: [FieldWrite(field: Name("f"), value: FieldValue(uncheckedCanonical: Array(value.utf8)))]), epoch: epoch,
            isCritical: isCritical)
    }
}

/// A device's chain behind each of its events, given from the first on; before them the empty one.
func chain(_ events: [Event]) -> [ChainHead] {
    var heads = [ChainHead(emptyChainOf: events[0].dot.device)]
    for event in events {
        let bytes = heads[heads.count - 1].linkPrefix + event.canonicalJSON
        heads.append(ChainHead(dot: event.dot, hash: StandardCryptography.sha256(bytes)))
    }
    return heads
}
