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

/// A device's chain behind each of its events, given from the first on; before them the empty one.
func chain(_ events: [Event]) -> [ChainHead] {
    var heads = [ChainHead(emptyChainOf: events[0].dot.device)]
    for event in events {
        let bytes = heads[heads.count - 1].linkPrefix + event.canonicalJSON
        heads.append(ChainHead(dot: event.dot, hash: StandardCryptography.sha256(bytes)))
    }
    return heads
}
