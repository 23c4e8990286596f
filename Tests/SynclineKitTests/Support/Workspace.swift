import Foundation
import HubServer
import SyncClient
import SyncCore
import SynclineKit

/// A hub in this process, on loopback, and stores that have joined it, all in a temporary folder that goes with it.
final class Workspace: Sendable {
    let folder: String
    let url: String
    private let hub: RunningHub

    /// - Parameter ahead: how far the hub's clock is ahead, in milliseconds.
    init(_ limits: SyncLimits = SyncLimits(), ahead: UInt64 = 0) async throws {
        folder = try Self.temporaryFolder()
        hub = try await Self.blocking { [folder] in
            try RunningHub(
                HubOptions(
                    data: folder + "/hub", host: "127.0.0.1", port: 0, certificate: nil, key: nil, origins: [], limits: limits,
                    clock: Self.clock(ahead: ahead), log: { _ in }))
        }
        url = hub.url
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func temporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "syncline-kit-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    /// A one-time code.
    func code(_ role: SyncCore.Role = .client) async throws -> String {
        try await Self.blocking { [folder] in
            try AdminClient.invite(data: folder + "/hub", workspace: "main", role: role, lifeMilliseconds: 60_000, clock: Self.clock()).code
        }
    }

    func readerCode() async throws -> String { try await code(.reader) }

    var keys: String { folder + "/keys" }

    /// A new store that has joined.
    func store(_ name: String, _ role: SyncCore.Role = .client) async throws -> Store {
        let store = try await Store.openOrCreate(folder + "/" + name, deviceName: name, keys: keys)
        try await store.join(hub: url, code: try await code(role))
        return store
    }

    /// A new store that has joined, and may lead.
    func masterStore(_ name: String) async throws -> Store { try await store(name, .master) }

    /// The folder of a new store that has joined, and that nobody has open.
    func folderOfStore(_ name: String) async throws -> String {
        let store = try await store(name)
        try await store.close()
        return store.folder
    }

    func stop() async throws { try await Self.blocking { [hub] in try hub.stop() } }

    private static func clock(ahead: UInt64 = 0) -> HubClock {
        HubClock(process: Host.process, wall: { Host.wall + ahead }, monotonic: { UInt64(Host.monotonicSeconds * 1000) })
    }

    /// Away from the threads that tasks share.
    static func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { caller in
            do throws(SyncError) { try Host.startThread { caller.resume(with: Result(catching: body)) } } catch {
                caller.resume(throwing: error)
            }
        }
    }
}

extension Changes {
    /// Goes on until a change fits; nil when they end before.
    func first(where fits: (Change) -> Bool) async -> Change? {
        for await change in self where fits(change) { return change }
        return nil
    }
}
