internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// The store of the demonstration: a laptop that has got two other devices' events, and three conflicts with them.
struct DemoStore {
    static let devices = ["laptop", "phone", "tablet"]

    /// Makes it in a folder; the others' stores are made beside it, and are not needed any more afterwards.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970, when the last edit is to have been a minute ago.
    /// - Returns: the store's folder.
    static func make(in folder: String, wall: UInt64) throws -> String {
        let stores = try devices.map { name in
            let parent = folder + "/" + name
            do throws(VolumeError) { try POSIXVolume().createFolderIfMissing(parent) } catch { throw ConsoleError(error) }
            return try Store.create(
                in: StoreFinder.folder(of: parent), on: POSIXVolume(), device: Machine.newDevice(), name: name,
                storeID: Machine.newStoreID(), options: Session.options)
        }
        for store in stores { for other in stores { try store.remember(name: other.name, for: other.device) } }
        let minute: UInt64 = 60_000
        for edits in [before, apart] {
            for edit in edits {
                let event = Draft(
                    key: try Arguments.record(edit.record), body: try edit.body(), note: try Arguments.note(edit.note))
                _ = try stores[edit.device].commit([event], wall: wall - edit.minutesAgo * minute)
            }
            // Everybody gets everything: before the edits that are made apart, and after them.
            for source in stores { for target in stores where target !== source { try exchange(source, target) } }
        }
        for store in stores { try store.close() }
        return StoreFinder.folder(of: folder + "/" + devices[0])
    }

    private struct Edit {
        let device: Int
        let minutesAgo: UInt64
        let record: String
        /// nil deletes.
        let fields: String?
        var note: String?

        func body() throws -> EventBody {
            guard let fields else { return .delete }
            return try EventBody.writing(set: try Arguments.writes(object: fields))
        }
    }

    private static let plan = ["Pack on Friday.", "Take the early train.", "Hotel at the harbour.", "Home on Sunday."]

    private static let before = [
        Edit(device: 0, minutesAgo: 240, record: "notes/trip", fields: #"{"title":"To the sea","days":3,"who":["Ann","Ben"]}"#),
        Edit(device: 0, minutesAgo: 239, record: "notes/plan", fields: text(plan)),
        Edit(device: 1, minutesAgo: 238, record: "notes/tent", fields: #"{"title":"Borrow the tent","from":"Cleo"}"#),
    ]

    private static let apart = [
        Edit(device: 0, minutesAgo: 90, record: "notes/trip", fields: #"{"title":"To the lake","days":4}"#, note: "the sea is too far"),
        Edit(device: 1, minutesAgo: 75, record: "notes/trip", fields: #"{"title":"To the mountains","days":5}"#),
        Edit(device: 2, minutesAgo: 60, record: "notes/plan", fields: text([plan[0], "Take the night train.", plan[2], plan[3]])),
        Edit(device: 1, minutesAgo: 50, record: "notes/plan", fields: text([plan[0], plan[1], plan[2], "Home on Monday."])),
        Edit(device: 2, minutesAgo: 30, record: "notes/tent", fields: nil, note: "we sleep indoors"),
        Edit(device: 1, minutesAgo: 20, record: "notes/tent", fields: #"{"from":"Dan"}"#),
    ]

    private static func text(_ lines: [String]) -> String {
        let text = FieldValue(utf8: Array((lines.joined(separator: "\n") + "\n").utf8))
        return #"{"text":\#(text)}"#
    }

    private static func exchange(_ source: Store, _ target: Store) throws {
        let ingestion = try target.ingestion()
        var events: [Event] = []
        try source.events(from: Position(0)) { (logged) throws(ReplicaError) in
            events.append(logged.event)
            return true
        }
        for event in events { try ingestion.add(event) }
        _ = try ingestion.finish()
    }
}
