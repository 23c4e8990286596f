import EventCore
import Foundation
import SyncCore
import Testing

@testable import SynclineKit

/// What a watch finds odd, and an app is told with how it stands.
@Suite(.timeLimit(.minutes(5))) struct SyncWarningTests {
    private let trip = RecordKey("notes", "trip")

    /// Goes on until there is a warning of this code.
    private func warning(_ code: SynclineKit.SyncWarning.Code, of store: Store) async -> SynclineKit.SyncWarning? {
        for await status in store.syncStatuses() {
            if let warning = status.warnings.first(where: { $0.code == code }) { return warning }
        }
        return nil
    }

    @Test func `a clock that is wrong is told, once`() async throws {
        var limits = SyncLimits()
        limits.heartbeatMilliseconds = 50
        let workspace = try await Workspace(limits, ahead: 3_600_000)
        let store = try await workspace.store("laptop")
        #expect(store.syncStatus.warnings == [])
        let statuses = store.syncStatuses()
        try await store.startSyncing()
        let told = await warning(.clockSkew, of: store)
        #expect(told?.message.contains("behind the hub's") == true)
        try await store.set(["days": 1], in: trip)
        try await store.sync()
        #expect(store.syncStatus == SynclineKit.SyncStatus(state: .upToDate, warnings: [try #require(told)]))
        try await store.close()
        #expect(await statuses.first { $0.state == .stopped } != nil)
        #expect(store.syncStatus.warnings == [])
        try await workspace.stop()
    }

    @Test func `a store that was set back is told, and what to do`() async throws {
        let workspace = try await Workspace()
        let folder = try await workspace.folderOfStore("laptop")
        try FileManager.default.copyItem(atPath: folder, toPath: folder + ".backup")
        let later = try await Store.openOrCreate(folder, deviceName: "laptop", keys: workspace.keys)
        try await later.set(["days": 1], in: trip)
        try await later.sync()
        try await later.close()
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.moveItem(atPath: folder + ".backup", toPath: folder)
        let store = try await Store.openOrCreate(folder, deviceName: "laptop", keys: workspace.keys)
        try await store.startSyncing()
        let told = await warning(.writtenElsewhere, of: store)
        #expect(told?.advice.contains("syncline mend") == true)
        try await store.sync()
        #expect(try await store.record(trip)?["days"] == 1)
        try await store.close()
        try await workspace.stop()
    }

    @Test(arguments: [
        (SyncCore.SyncWarning.clockSkew(milliseconds: -400_000), SynclineKit.SyncWarning.Code.clockSkew), (.hubRolledBack, .hubSetBack),
        (.foreignFork(EventCore.DeviceID(high: 1, low: 2)), .foreignFork), (.writtenElsewhere(7), .writtenElsewhere),
    ]) func `each says what is odd and what to do`(warning: SyncCore.SyncWarning, code: SynclineKit.SyncWarning.Code) {
        let told = SynclineKit.SyncWarning(warning)
        #expect(told.code == code && told.description == "\(told.message); \(told.advice)")
    }
}
