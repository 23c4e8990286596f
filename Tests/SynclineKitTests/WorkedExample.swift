import SynclineKit

/// The program of the article “A worked example” (`Sources/SynclineKit/SynclineKit.docc/WorkedExample.md`), piece by piece. A test holds that each of its listings stands here.
enum WorkedExample {
    static func openStore(_ path: String, keys: String) async throws -> Store {
        let store = try await Store.openOrCreate(path, deviceName: "laptop", keys: keys)
        return store
    }

    static let trip = RecordKey("notes", "trip")

    static func write(to store: Store) async throws {
        try await store.set(["title": "To the sea", "days": 3], in: trip)
        try await store.set(["days": 4], in: trip, note: "Ann comes, too")

        let record = try await store.record(trip)
        assert(record?["days"] == 4)

        try await store.undo()
    }

    static func writeTogether(to store: Store) async throws {
        let edits = (1...100).map { day in
            Edit(RecordKey("days", Name("\(day)")), set: ["weather": .null, "walked": .boolean(day % 2 == 0)])
        }
        try await store.write(edits)
    }

    /// Follows the store, and says what there is to say, until it is closed.
    static func follow(_ store: Store, say: @Sendable (String) -> Void) async throws {
        for await change in try await store.changes() {
            for key in change.records {
                let record = try await store.record(key)
                say("\(key) is \(record?.values.count ?? 0) fields")
            }
            for key in change.newConflicts {
                say("\(key) is in conflict")
            }
        }
    }

    static func join(_ store: Store, hub: String, code: String) async throws {
        if try await store.hubs().isEmpty {
            try await store.join(hub: hub, code: code)
        }
        try await store.startSyncing()
    }

    /// Follows how it stands with the hub, until the store is closed.
    static func followState(of store: Store, say: @Sendable (String) -> Void) async {
        for await status in store.syncStatuses() {
            switch status.state {
            case .stopped: say("not syncing")
            case .connecting: say("connecting")
            case .syncing(let done, let total): say("\(done) of \(total)")
            case .upToDate: say("up to date")
            case .offline: say("offline; everything is kept")
            case .failing(let error): say("\(error.message); it is tried again")
            case .blocked(let error): say("\(error)")
            }
            for warning in status.warnings { say("\(warning)") }
        }
    }

    static func describe(_ conflict: Conflict) -> [String] {
        var lines: [String] = []
        for field in conflict.fields {
            let base = field.base.map { $0?.json ?? "removed" }.joined(separator: " | ")
            lines.append("\(field.name) was \(base)")
        }
        for side in conflict.sides {
            let values = conflict.fields.map { "\($0.name) = \(side.values[$0.name]?.json ?? "removed")" }
            lines.append("\(side.device.name): " + (side.isDelete ? "deleted" : values.joined(separator: ", ")))
        }
        return lines
    }

    static func settle(_ conflict: Conflict, in store: Store, preferring device: String) async throws {
        var resolution = try Resolution(of: conflict).merging()
        if !resolution.isComplete, let side = conflict.sides.first(where: { $0.device.name == device }) {
            resolution = try resolution.choosing(side)
        }
        do throws(SynclineError) {
            try await store.resolve(resolution, note: "\(device) knows best")
        } catch {
            guard error.code == .conflictChanged else { throw error }
            // Somebody has written meanwhile: look at the conflict that there is now.
        }
    }

    static func leave(_ store: Store) async throws {
        await store.stopSyncing()
        try await store.close()
    }
}
