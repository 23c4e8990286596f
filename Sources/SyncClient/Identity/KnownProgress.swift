internal import ReplicaEngine

/// How far syncing has come, as one command or watch knows it. What it learns is noted in the file, and nothing else: what others learned meanwhile stays.
struct KnownProgress {
    private let folder: SyncFolder
    private(set) var value: SyncProgress
    private var unsaved: [(inout SyncProgress) -> Void] = []

    init(in folder: SyncFolder) throws(SyncError) {
        self.folder = folder
        value = try folder.progress()
    }

    /// Takes note of what the hub said; it is on the disk with the next `save`.
    mutating func note(_ change: @escaping (inout SyncProgress) -> Void) {
        change(&value)
        unsaved.append(change)
    }

    mutating func save() throws(SyncError) {
        guard !unsaved.isEmpty else { return }
        try folder.noteProgress { progress in
            for change in unsaved { change(&progress) }
        }
        unsaved = []
    }
}
