package import LogStore
internal import Synchronization
internal import Workload

/// What an operation does instead of its work.
package enum VolumeFault: String, Hashable, CaseIterable, Sendable {
    /// Any operation fails with EIO. A write has written a part, a rename may have happened, a sync is `failedSync`.
    case inputOutput
    /// Whatever needs room fails with ENOSPC; a write has written a part.
    case noSpace
    /// A write writes a part and says so.
    case shortWrite
    /// A sync of a file or folder fails: what was pending counts as clean from now on, and only some of it is on the medium.
    case failedSync
}

/// A file system in memory that fails on purpose, the same way for the same seed.
///
/// Without a fault it is a plain, fast volume for tests. Several logs may share it, as processes share a disk: locks hold between open files.
package final class FaultyVolume: Volume {
    package struct File: Sendable {
        let handle: Int
    }

    private let disk: Mutex<Disk>

    /// An empty disk, or one in a state that another left behind. `seed` decides what faults do.
    package init(_ state: DiskState = DiskState(), seed: UInt64 = 0) {
        disk = Mutex(Disk(state: state, random: SeededRandom(seed: seed)))
    }

    /// Everything about this volume, held for one look or change.
    func withDisk<Value: Sendable, Failure: Error>(
        _ body: (inout Disk) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try disk.withLock { (disk) throws(Failure) in try body(&disk) }
    }

    /// The disk now.
    package var state: DiskState {
        get { disk.withLock { $0.state } }
        set { disk.withLock { $0.state = newValue } }
    }

    /// Lets the n-th operation from now on (from 1) that `fault` applies to fail, and all later ones too when it is for ever.
    package func inject(_ fault: VolumeFault, at number: Int, isForever: Bool) {
        disk.withLock { $0.plan = Disk.Plan(fault: fault, countdown: number, isForever: isForever) }
    }

    /// Lets another program do something just before the n-th operation from now on (from 1).
    package func intrude(before number: Int, _ act: @escaping @Sendable () -> Void) {
        withDisk { $0.intrusion = (number, act) }
    }

    /// Whether that moment is still to come.
    package var isIntrusionPending: Bool { withDisk { $0.intrusion != nil } }

    /// Takes the fault away.
    package func heal() { disk.withLock { $0.plan = nil } }

    /// Does something that no fault strikes: what only looks on must not change what happens.
    func undisturbed<Value>(_ body: () throws -> Value) rethrows -> Value {
        let plan = disk.withLock { disk in
            defer { disk.plan = nil }
            return disk.plan
        }
        defer { disk.withLock { $0.plan = plan } }
        return try body()
    }

    /// Whether the fault injected last has struck.
    package var hasStruck: Bool { disk.withLock { $0.plan?.hasStruck ?? false } }

    /// From now on keeps the state after each operation that changed something.
    package func recordStates() { disk.withLock { $0.isRecording = true } }

    /// The states kept, each with the number of operations that led to it.
    package var recordedStates: [(operationCount: Int, state: DiskState)] { disk.withLock { $0.recorded } }

    /// Operations so far, failed ones included; closing does not count.
    package var operationCount: Int { disk.withLock { $0.trace.count } }

    /// One line an operation.
    package var trace: [String] { disk.withLock { $0.trace } }
}

extension FaultyVolume {
    package func names(in folder: String) throws(VolumeError) -> [String] {
        try act(.listFolder, folder) { (disk, _) throws(VolumeError) in
            guard disk.state.names[folder].flatMap({ disk.state.nodes[$0]?.isFolder }) == true else {
                throw VolumeError(.listFolder, folder, code: Disk.noSuchFile)
            }
            let prefix = folder + "/"
            return disk.state.names.keys.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
                .map { String($0.dropFirst(prefix.count)) }
        }
    }

    package func createFolder(_ path: String) throws(VolumeError) {
        try act(.createFolder, path) { (disk, _) throws(VolumeError) in
            try disk.checkAbsent(.createFolder, path)
            _ = disk.state.add(path, isFolder: true)
        }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(VolumeError) -> File {
        try act(mode.isCreating ? .create : .open, path) { (disk, _) throws(VolumeError) in
            if mode.isCreating {
                try disk.checkAbsent(.open, path)
                return disk.handle(for: disk.state.add(path, isFolder: false), path)
            }
            return disk.handle(for: try disk.node(.open, path), path)
        }
    }

    package func sizeBytes(of file: File) throws(VolumeError) -> Int {
        try act(.size, file) { (disk, node, _) in disk.state.nodes[node]?.visible.count ?? 0 }
    }

    package func read(_ file: File, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int {
        nonisolated(unsafe) let target = buffer
        return try act(.read, file) { (disk, node, _) in
            guard let bytes = disk.state.nodes[node]?.visible, offset < bytes.count else { return 0 }
            let end = min(bytes.count, offset + target.count)
            target.copyBytes(from: bytes[offset..<end])
            return end - offset
        }
    }

    package func write(_ file: File, at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(VolumeError) -> Int {
        let data = Array(bytes)
        return try act(.write, file) { (disk, node, isShort) in
            let count = isShort && !data.isEmpty ? disk.random.below(data.count) + 1 : data.count
            disk.state.nodes[node]?.apply(.write(offset: offset, bytes: Array(data.prefix(count))))
            return count
        } failing: { (disk, node) in
            let part = data.isEmpty ? 0 : disk.random.below(data.count)
            disk.state.nodes[node]?.apply(.write(offset: offset, bytes: Array(data.prefix(part))))
        }
    }

    package func syncData(_ file: File) throws(VolumeError) {
        try act(.syncData, file) { (disk, node, _) in
            disk.state.sync(node)
        } failing: { (disk, node) in
            disk.state.failSync(of: node, &disk.random)
        }
    }

    package func truncate(_ file: File, to sizeBytes: Int) throws(VolumeError) {
        try act(.truncate, file) { (disk, node, _) in disk.state.nodes[node]?.apply(.truncate(sizeBytes: sizeBytes)) }
    }

    package func dropCache(of file: File, in offsets: Range<Int>) throws(VolumeError) {
        try act(.dropCache, file) { (disk, node, _) in disk.state.dropCache(of: node, in: offsets) }
    }

    package func lock(_ file: File) throws(VolumeError) -> LockOutcome {
        try act(.lock, file) { (disk, node, _) in
            if let holder = disk.locks[node], holder != file.handle { return .heldByAnother }
            disk.locks[node] = file.handle
            return disk.handles[file.handle].map { disk.state.names[$0.path] == node } == true ? .taken : .replaced
        }
    }

    /// Whoever replaces a file does it in one go here, so nobody waits.
    package func enter(_ folder: String) -> File { File(handle: 0) }

    package func map(_ file: File, at offset: Int, onto memory: UnsafeMutableRawBufferPointer) throws(VolumeError) {
        let bytes = try act(.map, file) { (disk, node, _) in disk.state.nodes[node]?.visible ?? [] }
        memory.copyBytes(from: bytes.dropFirst(offset).prefix(memory.count))
    }

    package func close(_ file: File) {
        disk.withLock { disk in
            guard let opened = disk.handles.removeValue(forKey: file.handle) else { return }
            if disk.locks[opened.node] == file.handle { disk.locks[opened.node] = nil }
        }
    }

    package func rename(_ path: String, to newPath: String) throws(VolumeError) {
        try act(.rename, path) { (disk, _) throws(VolumeError) in
            try disk.rename(path, to: newPath)
        } failing: { disk in
            if disk.random.chance(1, in: 2) { _ = try? disk.rename(path, to: newPath) }
        }
    }

    package func remove(_ path: String) throws(VolumeError) {
        try act(.remove, path) { (disk, _) throws(VolumeError) in
            _ = try disk.node(.remove, path)
            disk.state.names[path] = nil
            disk.state.pendingNames.append(.remove(path: path))
        }
    }

    package func syncFolder(_ path: String) throws(VolumeError) {
        try act(.syncFolder, path) { (disk, _) throws(VolumeError) in
            _ = try disk.node(.syncFolder, path)
            disk.state.syncFolder(path)
        } failing: { disk in
            disk.state.failFolderSync(path, &disk.random)
        }
    }
}
