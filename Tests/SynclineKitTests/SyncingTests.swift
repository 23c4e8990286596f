import SynclineKit
import Testing

/// Stores that sync through a hub, and what they disagree on.
@Suite(.timeLimit(.minutes(5))) struct SyncingTests {
    private let trip = RecordKey("notes", "trip")

    /// Two stores whose edits of one record did not see each other; both have both.
    private func apart(
        _ workspace: Workspace, _ left: Edit, _ right: Edit, masters: Bool = false
    ) async throws -> (laptop: Store, phone: Store) {
        let (laptop, phone) = (
            try await workspace.store("laptop"), masters ? try await workspace.masterStore("phone") : try await workspace.store("phone")
        )
        try await laptop.set(["title": "To the sea", "days": 3], in: trip)
        try await laptop.sync()
        try await phone.sync()
        try await laptop.write(left)
        try await phone.write(right)
        for store in [laptop, phone, laptop] { try await store.sync() }
        return (laptop, phone)
    }

    private func end(_ workspace: Workspace, _ stores: Store...) async throws {
        for store in stores { try await store.close() }
        try await workspace.stop()
    }

    @Test func `a conflict is the same on both devices, and each can settle it`() async throws {
        let workspace = try await Workspace()
        let (laptop, phone) = try await apart(
            workspace, Edit(trip, set: ["days": 4, "title": "To the lake"], note: "too far"), Edit(trip, set: ["days": 5], unset: ["title"])
        )
        let conflict = try #require(try await laptop.conflict(in: trip))
        #expect(try await phone.conflict(in: trip)?.fields == conflict.fields)
        #expect(conflict.fields.map(\.name) == ["days", "title"])
        #expect(conflict.fields.map(\.base) == [[3], ["To the sea"]])
        #expect(Set(conflict.sides.map(\.device.name)) == ["laptop", "phone"])
        #expect(conflict.base == ["title": "To the sea", "days": 3])
        let own = conflict.sides.filter { $0.device == laptop.device }
        let mine = try #require(own.first)
        #expect(mine.note == "too far")
        #expect(mine.values == ["days": 4, "title": "To the lake"])
        #expect(try await laptop.record(trip)?.contestedFields == ["days", "title"])

        let part = try Resolution(of: conflict).choosing(mine, for: "title")
        #expect(part.openFields == ["days"])
        #expect(!part.isComplete)
        #expect(part.changes.map(\.after) == ["To the lake"])
        let whole = try part.setting("days", to: 7)
        #expect(whole.isComplete)
        #expect(throws: SynclineError.self) { try part.choosing(mine, for: "other") }
        try await laptop.resolve(whole)
        #expect(try await laptop.conflicts().isEmpty)
        #expect(try await laptop.record(trip)?.values == ["days": 7, "title": "To the lake"])

        try await laptop.undo()
        #expect(try await laptop.conflictCount() == 1)
        try await end(workspace, laptop, phone)
    }

    @Test func `what somebody has written meanwhile is not settled unseen`() async throws {
        let workspace = try await Workspace()
        let (laptop, phone) = try await apart(workspace, Edit(trip, set: ["days": 4]), Edit(trip, set: ["days": 5]))
        let conflict = try #require(try await laptop.conflict(in: trip))
        let resolution = try Resolution(of: conflict).choosing(conflict.sides[0])
        try await phone.set(["days": 6], in: trip)
        try await phone.sync()
        try await laptop.sync()
        let error = await #expect(throws: SynclineError.self) { try await laptop.resolve(resolution) }
        #expect(error?.code == .conflictChanged)
        #expect(try await laptop.record(trip)?["days"] == 6)
        #expect(await #expect(throws: SynclineError.self) { try await laptop.resolve(Resolution(of: conflict)) }?.code == .answerDoesNotFit)
        try await end(workspace, laptop, phone)
    }

    @Test func `a delete against an edit is settled by a side`() async throws {
        let workspace = try await Workspace()
        let (laptop, phone) = try await apart(workspace, Edit(deleting: trip), Edit(trip, set: ["days": 5]))
        let conflict = try #require(try await phone.conflict(in: trip))
        #expect(conflict.isDeleteAgainstEdit)
        let (deletes, edits) = (conflict.sides.filter(\.isDelete), conflict.sides.filter { !$0.isDelete })
        let (delete, edit) = (try #require(deletes.first), try #require(edits.first))
        #expect(try Resolution(of: conflict).choosing(delete).deletesRecord)
        try await phone.resolve(try Resolution(of: conflict).choosing(edit))
        #expect(try await phone.record(trip)?.values == ["days": 5, "title": "To the sea"])
        try await end(workspace, laptop, phone)
    }

    @Test func `a policy of a workspace is written by the device that leads, and what it writes carries its epoch`() async throws {
        let workspace = try await Workspace()
        let (laptop, phone) = (try await workspace.store("laptop"), try await workspace.masterStore("phone"))
        let policy = Edit(RecordKey("_policy", "notes"), set: ["days": "max"])
        for store in [laptop, phone] {
            #expect(try await !store.leads())
            await #expect { try await store.write([Edit(trip, set: ["days": 1]), policy]) } throws: { error in
                (error as? SynclineError)?.code == .notAllowed
            }
            #expect(try await store.record(trip) == nil)
            try await store.startSyncing()
            _ = await store.syncStatuses().first { $0.state == .upToDate }
        }
        #expect(try await !laptop.leads())
        #expect(try await phone.leads())
        try await phone.write(policy)
        for store in [phone, laptop] { try await store.sync() }
        #expect(try await laptop.record(RecordKey("_policy", "notes"))?["days"] == "max")
        await #expect(throws: SynclineError.self) { try await laptop.write(policy) }
        try await end(workspace, laptop, phone)
    }

    @Test func `a policy settles conflicts, and that is told`() async throws {
        let workspace = try await Workspace()
        let (laptop, phone) = try await apart(
            workspace, Edit(trip, set: ["days": 4]), Edit(trip, set: ["days": 5]), masters: true)
        try await phone.startSyncing()
        _ = await phone.syncStatuses().first { $0.state == .upToDate }
        let changes = try await phone.changes()
        var loop = changes.makeAsyncIterator()
        try await phone.set(["days": "max"], in: RecordKey("_policy", "notes"))
        #expect(await loop.next()?.settledConflicts == [trip])
        #expect(try await phone.conflict(in: trip) == nil)
        #expect(try await phone.record(trip)?["days"] == 5)
        try await phone.undo()
        #expect(await loop.next()?.newConflicts == [trip])
        // What comes and goes while nobody looks is no news.
        try await phone.redo()
        try await phone.undo()
        let change = await loop.next()
        #expect(change?.newConflicts == [])
        #expect(change?.settledConflicts == [])
        try await end(workspace, laptop, phone)
    }

    @Test func `a device in the background gets what others write, and gives what it writes`() async throws {
        let workspace = try await Workspace()
        let (laptop, phone) = (try await workspace.store("laptop"), try await workspace.store("phone"))
        let changes = try await phone.changes()
        var loop = changes.makeAsyncIterator()
        try await phone.startSyncing()
        try await phone.startSyncing()
        try await laptop.startSyncing()
        for days in 1...3 {
            let writer = days == 2 ? phone : laptop
            try await writer.set(["days": .integer(Int64(days))], in: trip)
            if days == 2 { try await phone.sync() }
            let change = await loop.next()
            #expect(change?.records == [trip])
            #expect(change?.devices == [writer.device.id])
            if days == 2 {
                // The hub has it; it comes in by itself.
                while try await laptop.record(trip)?["days"] != 2 { try await Task.sleep(for: .milliseconds(10)) }
            }
        }
        #expect(phone.syncStatus.state != .stopped)
        await phone.stopSyncing()
        #expect(phone.syncStatus.state == .stopped)
        try await phone.startSyncing()
        try await laptop.set(["days": 9], in: trip)
        _ = await loop.next()
        #expect(try await phone.record(trip)?["days"] == 9)
        try await end(workspace, laptop, phone)
    }

    @Test func `without the hub everything is kept`() async throws {
        let workspace = try await Workspace()
        let laptop = try await workspace.store("laptop")
        try await laptop.sync()
        try await workspace.stop()
        try await laptop.set(["days": 3], in: trip)
        let error = await #expect(throws: SynclineError.self) { try await laptop.sync() }
        #expect(error?.code == .unreachable)
        #expect(laptop.syncStatus.state == .stopped)
        try await laptop.startSyncing()
        for await status in laptop.syncStatuses() { if case .offline = status.state { break } }
        #expect(await #expect(throws: SynclineError.self) { try await laptop.sync() }?.code == .unreachable)
        try await laptop.set(["days": 4], in: trip)
        #expect(try await laptop.record(trip)?["days"] == 4)
        try await laptop.close()
        #expect(await #expect(throws: SynclineError.self) { try await laptop.startSyncing() }?.code == .closed)
    }

    @Test func `a store that nobody holds any more lets go of its folder`() async throws {
        let workspace = try await Workspace()
        func use() async throws {
            let laptop = try await workspace.store("laptop")
            try await laptop.startSyncing()
            try await laptop.set(["days": 3], in: trip)
        }
        try await use()
        var again: Store?
        while again == nil { again = try? await Store.open(workspace.folder + "/laptop", keys: workspace.keys) }
        #expect(try await again?.record(trip)?["days"] == 3)
        try await again?.close()
        try await workspace.stop()
    }

    @Test func `codes and roles are the hub's`() async throws {
        let workspace = try await Workspace()
        let store = try await Store.openOrCreate(workspace.folder + "/tablet", deviceName: "tablet", keys: workspace.keys)
        let error = await #expect(throws: SynclineError.self) { try await store.join(hub: workspace.url, code: "AAAAA") }
        #expect(error?.code == .notAllowed)
        #expect(try await store.join(hub: workspace.url, code: try await workspace.readerCode()) == .reader)
        #expect(try await store.hubs() == [workspace.url])
        #expect(await #expect(throws: SynclineError.self) { try await store.join(hub: workspace.url, code: "x") }?.code == .alreadyJoined)
        try await store.sync()
        try await end(workspace, store)
    }
}
