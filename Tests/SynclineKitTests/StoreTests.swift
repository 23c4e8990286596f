import Foundation
import LogStore
import ReplicaEngine
import SynclineKit
import Testing

/// A store on its own.
final class StoreTests: Sendable {
    private let folder: String
    private let trip = RecordKey("notes", "trip")

    init() throws { folder = try Workspace.temporaryFolder() }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func store() async throws -> Store { try await Store.openOrCreate(folder, deviceName: "laptop", keys: folder + "/keys") }

    private func code(_ body: () async throws -> Void) async -> SynclineError.Code? {
        await #expect(throws: SynclineError.self) { try await body() }?.code
    }

    @Test func `what was written is there when the store is opened anew`() async throws {
        let store = try await store()
        let first = try await store.set(["title": "To the sea", "days": 3], in: trip, note: "booked")
        #expect(first == Dot(device: store.device.id, seq: 1))
        try await store.unset(["days"], in: trip)
        try await store.delete(RecordKey("notes", "never"))
        try await store.close()
        let again = try await Store.open(folder)
        #expect(again.device == store.device)
        #expect(again.device.name == "laptop")
        #expect(try await again.record(trip)?.values == ["title": "To the sea"])
        #expect(try await again.record(RecordKey("notes", "never"))?.isDeleted == true)
        #expect(try await again.record(RecordKey("notes", "other")) == nil)
        #expect(try await again.records(in: "notes").map(\.key) == [trip])
        #expect(try await again.collections() == ["notes"])
        try await again.close()
    }

    @Test func `edits that are written together are all there or not at all`() async throws {
        let store = try await store()
        let dots = try await store.write([Edit(trip, set: ["a": 1], isUrgent: true), Edit(trip, set: ["b": 2]), Edit(deleting: trip)])
        #expect(dots.map(\.seq) == [1, 2, 3])
        #expect(await code { try await store.write([Edit(trip, set: ["a": 2]), Edit(trip)]) } == .invalid)
        #expect(try await store.record(trip)?.isDeleted == true)
        #expect(try await store.write([]).isEmpty)
        try await store.close()
    }

    @Test func `what no event can have is refused`() async throws {
        let store = try await store()
        let edits = [
            Edit(trip), Edit(trip, set: ["": 1]), Edit(RecordKey("notes", Name(String(repeating: "x", count: 256))), set: ["a": 1]),
            Edit(trip, set: ["a": .number(.nan)]), Edit(trip, set: ["a": [.number(.infinity)]]), Edit(trip, set: ["a": 1], unset: ["a"]),
            Edit(trip, set: ["a": 1], note: String(repeating: "x", count: 1025)),
            Edit(trip, set: ["a": (0..<65).reduce(Value.null) { value, _ in [value] }]),
            Edit(trip, set: ["a": .string(String(repeating: "x", count: 256 * 1024))]),
        ]
        for edit in edits { #expect(await code { try await store.write(edit) } == .invalid, "\(edit)") }
        #expect(try await store.record(trip) == nil)
        #expect(await code { _ = try await Store.openOrCreate(folder + "/b", deviceName: "a\nb") } == .invalid)
        try await store.close()
    }

    @Test func `undo and redo go back and forth, and ask where something has moved on`() async throws {
        let store = try await store()
        #expect(await code { try await store.undo() } == .nothingToUndo)
        #expect(await code { try await store.redo() } == .nothingToUndo)
        let first = try await store.set(["days": 3], in: trip)
        try await store.set(["days": 4], in: trip)
        try await store.undo()
        #expect(try await store.record(trip)?["days"] == 3)
        try await store.redo()
        #expect(try await store.record(trip)?["days"] == 4)
        #expect(await code { try await store.undo(first) } == .movedOn)
        #expect(try await store.undo(first, overwriting: true).count == 1)
        #expect(try await store.record(trip)?.values == [:])
        #expect(await code { try await store.undo(first) } == .movedOn)
        #expect(await code { try await store.undo(Dot(device: store.device.id, seq: 99)) } == .noSuchEvent)
        try await store.close()
    }

    @Test func `one process writes, and others read meanwhile`() async throws {
        #expect(await code { _ = try await Store.open(folder) } == .noStore)
        let store = try await store()
        try await store.set(["days": 3], in: trip)
        let error = await #expect(throws: SynclineError.self) { try await Store.open(folder) }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains("(holds it open)") == true)
        let reader = try Replica.open(in: store.folder, on: POSIXVolume(), access: .reading)
        #expect(reader.recordCount == 1)
        try await store.close()
        try await store.close()
        #expect(await code { _ = try await store.record(trip) } == .closed)
        #expect(await code { try await store.set(["days": 4], in: trip) } == .closed)
        #expect(await code { try await store.sync() } == .closed)
        try await Store.open(folder).close()
    }

    @Test func `changes are told, those that nobody has looked at as one`() async throws {
        let store = try await store()
        try await store.set(["a": 0], in: trip)
        let (changes, others) = (try await store.changes(), try await store.changes())
        var loop = changes.makeAsyncIterator()
        try await store.set(["a": 1], in: trip)
        #expect(await loop.next()?.records == [trip])
        let keys = ["x", "y", "x"].map { RecordKey("notes", Name($0)) }
        for key in keys { try await store.set(["a": 1], in: key) }
        let change = await loop.next()
        #expect(change?.records == Array(keys[..<2]))
        #expect(change?.devices == [store.device.id])
        #expect(change?.newConflicts == [])
        try await store.close()
        #expect(await loop.next() == nil)
        // What was there before the end is told.
        var other = others.makeAsyncIterator()
        #expect(await other.next()?.records == [trip] + keys[..<2])
        #expect(await other.next() == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `a loop ends with its task`() async throws {
        let store = try await store()
        let changes = try await store.changes()
        let task = Task { for await _ in changes {} }
        task.cancel()
        await task.value
        try await store.close()
    }

    @Test func `a store without a hub says so`() async throws {
        let store = try await store()
        #expect(try await store.hubs().isEmpty)
        #expect(await code { try await store.sync() } == .notJoined)
        #expect(await code { try await store.startSyncing() } == .notJoined)
        await store.stopSyncing()
        #expect(store.syncStatus.state == .stopped)
        #expect(await code { try await store.join(hub: "nowhere", code: "x") } == .badAddress)
        #expect(await code { try await store.join(hub: "http://127.0.0.1:9", code: "x") } == .unreachable)
        try await store.close()
    }
}
