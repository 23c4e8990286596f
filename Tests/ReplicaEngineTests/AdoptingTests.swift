import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// What a generator vouches for is stored as if it had been checked.
struct AdoptingTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `adopting writes to the byte what taking in writes`(seed: UInt64) throws {
        // Where records lie in a checkpoint depends on how the events came; what they are does not.
        let (files, digests) = try unzip(
            [false, true].map { isAdopting in
                let volume = FaultyVolume()
                try volume.createFolder("disk")
                let store = try Replica.create(
                    in: "disk/store", on: volume, device: DeviceID(high: 0, low: 1), name: "bench", storeID: StoreID(high: 0, low: 1))
                var workload = WorkloadW(events: 6000, seed: seed)
                while true {
                    var batch: [Event] = []
                    while batch.count < 500, let event = workload.next() { batch.append(event) }
                    guard !batch.isEmpty else { break }
                    if isAdopting { try store.adopt(batch) } else { _ = try store.ingest(batch) }
                    if store.end.index % 2000 == 0 { try store.checkpoint() }
                }
                #expect(store.segmentCount == 3)
                let digest = try store.stateDigest()
                try store.close()
                return (try Self.files(in: ["disk/store/log"], on: volume), digest)
            })
        #expect(digests[0] == digests[1])
        #expect(files[0].keys.sorted() == files[1].keys.sorted())
        for (path, bytes) in files[0] {
            let isSame = bytes == files[1][path]
            #expect(isSame, "\(path) differs, seed \(seed)")
        }
    }

    private func unzip<First, Second>(_ pairs: [(First, Second)]) -> ([First], [Second]) { (pairs.map(\.0), pairs.map(\.1)) }

    private static func files(in folders: [String], on volume: FaultyVolume) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for folder in folders {
            for name in try volume.names(in: folder) { files[folder + "/" + name] = try volume.wholeFile(folder + "/" + name) }
        }
        return files
    }
}
