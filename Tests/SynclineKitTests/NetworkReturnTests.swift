import EventCore
import LogStore
import ReplicaEngine
import SyncClient
import SyncCore
import Synchronization
import SynclineKit
import Testing

/// What a watch without its hub does when the network is there again. Its clock stands still, so it tries nothing again by itself.
@Suite(.timeLimit(.minutes(5))) struct NetworkReturnTests {
    private static let standing = ClockReading(milliseconds: 1_000_000, wall: 1_700_000_000_000)

    /// A joined store whose hub has gone.
    private func left() async throws -> (folder: String, workspace: Workspace) {
        let workspace = try await Workspace()
        let folder = try await workspace.folderOfStore("laptop")
        try await workspace.stop()
        return (folder, workspace)
    }

    @Test func `it tries at once when the machine's network comes up, and not before`() async throws {
        let (folder, workspace) = try await left()
        let (before, after) = try await Workspace.blocking { [keys = workspace.keys] in
            let gate = StoreGate(try Replica.open(in: folder, on: POSIXVolume(), access: .writing), in: folder)
            var (attempts, asked, before) = (0, 0, 0)
            let machine = WatchMachine(
                folder: folder, keys: keys, store: gate, clock: { Self.standing }, chance: { 499 },
                hasNetworkReturned: {
                    asked += 1
                    if asked == 4 { before = attempts }
                    return asked == 4
                })
            let watching = try Watching(machine) { news in
                if case .status(let status) = news, status.state == .connecting { attempts += 1 }
            }
            // It asks several times a second.
            try watching.run { attempts == 2 || asked == 100 }
            return (before, attempts)
        }
        #expect((before, after) == (1, 2))
    }

    @Test func `an app says so`() async throws {
        let (folder, workspace) = try await left()
        let store = try Replica.open(in: folder, on: POSIXVolume(), access: .writing)
        let watch = BackgroundWatch(StoreGate(store, in: folder), folder: folder, keys: workspace.keys, clock: { Self.standing })
        let (states, continuation) = AsyncStream.makeStream(of: SyncCore.SyncState.self)
        try watch.start { news in
            if case .watch(.status(let status)) = news { continuation.yield(status.state) }
        }
        var seen: [SyncCore.SyncState] = []
        for await state in states {
            if state != .stopped { seen.append(state) }
            if case .offline = state, seen.count < 4 { watch.networkReturned() }
            if seen.count == 4 { break }
        }
        #expect(seen[0] == .connecting && seen[2] == .connecting, "\(seen)")
        watch.leave()
    }

    @Test func `a store that does not sync is told in vain, and nothing happens`() async throws {
        let workspace = try await Workspace()
        let store = try await workspace.store("laptop")
        store.networkReturned()
        #expect(store.syncStatus.state == .stopped)
        try await store.startSyncing()
        store.networkReturned()
        try await store.sync()
        #expect(store.syncStatus.state == .upToDate)
        try await store.close()
        try await workspace.stop()
    }

    /// A message of rtnetlink(7): a header, and what its kind has behind it.
    private func message(_ kind: UInt16, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value) { bytes += Array($0) } }
        put(UInt32(16 + body.count))
        put(kind)
        put(UInt16(0))
        put(UInt64(0))
        bytes += body
        return bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    private func link(flags: UInt32) -> [UInt8] {
        message(16, [UInt8](repeating: 0, count: 8) + withUnsafeBytes(of: flags) { Array($0) } + [0, 0, 0, 0])
    }

    @Test func `the system's messages: a link that runs, an address or a route that is new`() {
        let (gone, down) = (message(21, [2, 8, 0, 0, 1, 0, 0, 0]), link(flags: 0x1002))
        let rows: [([UInt8], Bool)] = [
            ([], false), (link(flags: 0x1043), true), (down, false), (message(17, link(flags: 0x1043)), false),
            (message(20, [2, 8, 0, 0, 1, 0, 0, 0]), true), (gone, false), (message(24, [2]), true), (message(25, [2]), false),
            (gone + down + message(24, [2]), true), (gone + down + gone, false), (Array(message(20, [2]).prefix(15)), false),
            // It says that it is longer than what came, or shorter than its header.
            (Array(message(20, [2, 8, 0, 0]).prefix(18)), false), ([4, 0, 0, 0] + [UInt8](repeating: 20, count: 28), false),
            (Array(link(flags: 0x1043).prefix(24)), false),
        ]
        for (bytes, tells) in rows { #expect(bytes.withUnsafeBytes(NetworkNews.tellReturn) == tells, "\(bytes)") }
        // Whether the system gives the socket or not, it is asked in vain as long as nothing changes.
        _ = NetworkNews().hasReturned()
    }
}
