import EventCore
import LogStore
import Simulation
import Testing

@testable import ReplicaEngine

/// A store in whose place another one is put while somebody opens it, as mending does.
struct ReplacedStoreTests {
    /// Found by reading: a writer could have written to the new store under the old one's identity.
    @Test(arguments: LogAccess.allCases) func `a store is opened as the device whose it is by then`(access: LogAccess) throws {
        let sample = try SampleStore()
        let path = SampleStore.folder + "/" + StoreIdentity.fileName
        let other = StoreIdentity(device: DeviceID(high: 7, low: 7), name: "other")
        let rehearsal = FaultyVolume(sample.state)
        _ = try SampleStore.open(rehearsal, access)
        // A writer's lock keeps others from mending; a reader has no more than a last look.
        let last = try #require(
            rehearsal.trace.lastIndex { $0 == (access == .writing ? "lock \(SampleStore.folder)/lock" : "open \(path)") })
        for number in 1...(last + 1) {
            let volume = FaultyVolume(sample.state)
            volume.intrude(before: number) {
                #expect(throws: Never.self) {
                    try volume.replaceFile(path, by: path + ".unfinished", in: SampleStore.folder, with: other.text)
                }
            }
            let replica = try SampleStore.open(volume, access)
            #expect(!volume.isIntrusionPending && replica.device == other.device, "before operation \(number)")
        }
    }
}
