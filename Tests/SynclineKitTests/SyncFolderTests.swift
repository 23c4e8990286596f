import EventCore
import Foundation
import LogStore
import ReplicaEngine
import SyncClient
import SyncCore
import Synchronization
import Testing

/// A store's folder `sync/`, which a watch and any number of commands change at the same time.
@Suite struct SyncFolderTests {
    private let device = DeviceID(high: 0, low: 1)

    /// What 64 at once are refused, each of which changes a new store's folder.
    private func refusals(
        _ change: @Sendable (_ folder: SyncFolder, _ index: UInt64) throws -> Void, then check: (SyncFolder) throws -> Void
    ) throws -> [String] {
        let store = FileManager.default.temporaryDirectory.appendingPathComponent("sync-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: store + "/sync", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: store) }
        let folder = SyncFolder(ofStore: store)
        let refusals = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 64) { index in
            do { try change(SyncFolder(ofStore: store), UInt64(index)) } catch { refusals.withLock { $0.append("\(error)") } }
        }
        try check(folder)
        return refusals.withLock { $0 }
    }

    /// Found by a black-box test: a `status` took the file away that a `sync` was about to put in place.
    @Test func `progress is noted by several at once`() throws {
        let refusals = try refusals { folder, index in
            try folder.noteProgress { $0.ackedThrough.join(VersionVector([Dot(device: DeviceID(high: 1, low: index), seq: 1)])) }
        } then: { folder in
            let progress = try folder.progress()
            #expect(progress.ackedThrough.entries.count == 64)
        }
        #expect(refusals == [])
    }

    @Test func `what is noted of progress leaves the rest as it is`() throws {
        let refusals = try refusals { folder, index in
            try folder.noteProgress { progress in
                if index == 0 { (progress.cursor, progress.blocked) = ("ab", "gap") }
                if index == 1 { (progress.lastSync, progress.offlineSince) = (5, 6) }
            }
        } then: { folder in
            let progress = try folder.progress()
            #expect(progress.cursor == "ab" && progress.blocked == "gap" && progress.lastSync == 5 && progress.offlineSince == 6)
        }
        #expect(refusals == [])
    }

    @Test func `those who hear of urgent events at once do not overwrite each other`() throws {
        let refusals = try refusals { folder, index in
            try folder.noteReceipts { $0.take(Dot(device: device, seq: index + 1), by: [DeviceID(high: 0, low: 2)], missing: []) }
        } then: { folder in
            let receipts = try folder.receipts()
            #expect((1...64).filter { receipts[Dot(device: device, seq: $0)] == nil } == [])
        }
        #expect(refusals == [])
    }

    @Test func `a device has one key whoever asks for it first`() throws {
        let keys = Mutex<Set<[UInt8]>>([])
        let refusals = try refusals { folder, _ in
            let key = try DeviceKey.readOrMake(device, in: folder.path)
            keys.withLock { _ = $0.insert(key.publicKey) }
        } then: { folder in
            let kept = try #require(try DeviceKey.read(device, in: folder.path))
            #expect(keys.withLock { $0 } == [kept.publicKey])
        }
        #expect(refusals == [])
    }

    /// Found by reading: a watch that went on while its store was mended put its own cursor and token into the new store.
    @Test func `what is known of a device is not noted for the one that its store is mended to`() throws {
        let store = FileManager.default.temporaryDirectory.appendingPathComponent("sync-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: store) }
        let replica = try Replica.create(in: store, on: POSIXVolume(), device: device, name: "a", storeID: Host.newStoreID())
        try replica.close()
        try FileManager.default.createDirectory(atPath: store + "/sync", withIntermediateDirectories: true)
        let (own, others) = (SyncFolder(ofStore: store, for: device), SyncFolder(ofStore: store, for: DeviceID(high: 7, low: 7)))
        try own.noteProgress { $0.cursor = "ab" }
        for change in [
            { try others.noteProgress { $0.cursor = "cd" } },
            { try others.noteReceipts { $0.take(Dot(device: device, seq: 1), by: [], missing: [device]) } },
        ] as [() throws -> Void] { #expect(throws: SyncError.otherIdentity(folder: store)) { try change() } }
        #expect(try own.progress().cursor == "ab" && own.receipts() == CriticalReceipts())
    }
}
