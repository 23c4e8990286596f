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

    private let world: Mutex<World>

    /// An empty disk, or one in a state that another left behind. `seed` decides what faults do.
    package init(_ state: DiskState = DiskState(), seed: UInt64 = 0) {
        world = Mutex(World(state: state, random: SeededRandom(seed: seed)))
    }

    /// Everything about this volume, held for one look or change.
    func withWorld<Value: Sendable, Failure: Error>(
        _ body: (inout World) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try world.withLock { (world) throws(Failure) in try body(&world) }
    }

    /// The disk now.
    package var state: DiskState {
        get { world.withLock { $0.state } }
        set { world.withLock { $0.state = newValue } }
    }

    /// Lets the n-th operation from now on (from 1) that `fault` applies to fail, and all later ones too when it is for ever.
    package func inject(_ fault: VolumeFault, at number: Int, isForever: Bool) {
        world.withLock { $0.plan = World.Plan(fault: fault, countdown: number, isForever: isForever) }
    }

    /// Lets another program do something just before the n-th operation from now on (from 1).
    package func intrude(before number: Int, _ act: @escaping @Sendable () -> Void) {
        withWorld { $0.intrusion = (number, act) }
    }

    /// Whether that moment is still to come.
    package var isIntrusionPending: Bool { withWorld { $0.intrusion != nil } }

    /// Takes the fault away.
    package func heal() { world.withLock { $0.plan = nil } }

    /// Whether the fault injected last has struck.
    package var hasStruck: Bool { world.withLock { $0.plan?.hasStruck ?? false } }

    /// From now on keeps the state after each operation that changed something.
    package func recordStates() { world.withLock { $0.isRecording = true } }

    /// The states kept, each with the number of operations that led to it.
    package var recordedStates: [(operationCount: Int, state: DiskState)] { world.withLock { $0.recorded } }

    /// Operations so far, failed ones included; closing does not count.
    package var operationCount: Int { world.withLock { $0.trace.count } }

    /// One line an operation.
    package var trace: [String] { world.withLock { $0.trace } }
}

extension FaultyVolume {
    package func names(in folder: String) throws(VolumeError) -> [String] {
        try act(.listFolder, folder) { (world, _) throws(VolumeError) in
            guard world.state.names[folder].flatMap({ world.state.nodes[$0]?.isFolder }) == true else {
                throw VolumeError(.listFolder, folder, code: World.noSuchFile)
            }
            let prefix = folder + "/"
            return world.state.names.keys.filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") }
                .map { String($0.dropFirst(prefix.count)) }
        }
    }

    package func createFolder(_ path: String) throws(VolumeError) {
        try act(.createFolder, path) { (world, _) throws(VolumeError) in
            try world.checkAbsent(.createFolder, path)
            _ = world.state.add(path, isFolder: true)
        }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(VolumeError) -> File {
        try act(mode.isCreating ? .create : .open, path) { (world, _) throws(VolumeError) in
            if mode.isCreating {
                try world.checkAbsent(.open, path)
                return world.handle(for: world.state.add(path, isFolder: false), path)
            }
            return world.handle(for: try world.node(.open, path), path)
        }
    }

    package func sizeBytes(of file: File) throws(VolumeError) -> Int {
        try act(.size, file) { (world, node, _) in world.state.nodes[node]?.visible.count ?? 0 }
    }

    package func read(_ file: File, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int {
        nonisolated(unsafe) let target = buffer
        return try act(.read, file) { (world, node, _) in
            guard let bytes = world.state.nodes[node]?.visible, offset < bytes.count else { return 0 }
            let end = min(bytes.count, offset + target.count)
            target.copyBytes(from: bytes[offset..<end])
            return end - offset
        }
    }

    package func write(_ file: File, at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(VolumeError) -> Int {
        let data = Array(bytes)
        return try act(.write, file) { (world, node, isShort) in
            let count = isShort && !data.isEmpty ? world.random.below(data.count) + 1 : data.count
            world.state.nodes[node]?.apply(.write(offset: offset, bytes: Array(data.prefix(count))))
            return count
        } failing: { (world, node) in
            let part = data.isEmpty ? 0 : world.random.below(data.count)
            world.state.nodes[node]?.apply(.write(offset: offset, bytes: Array(data.prefix(part))))
        }
    }

    package func syncData(_ file: File) throws(VolumeError) {
        try act(.syncData, file) { (world, node, _) in
            world.state.sync(node)
        } failing: { (world, node) in
            world.state.failSync(of: node, &world.random)
        }
    }

    package func truncate(_ file: File, to sizeBytes: Int) throws(VolumeError) {
        try act(.truncate, file) { (world, node, _) in world.state.nodes[node]?.apply(.truncate(sizeBytes: sizeBytes)) }
    }

    package func dropCache(of file: File, in offsets: Range<Int>) throws(VolumeError) {
        try act(.dropCache, file) { (world, node, _) in world.state.dropCache(of: node, in: offsets) }
    }

    package func lock(_ file: File) throws(VolumeError) -> Bool {
        try act(.lock, file) { (world, node, _) in
            if let holder = world.locks[node], holder != file.handle { return false }
            world.locks[node] = file.handle
            return true
        }
    }

    package func map(_ file: File, at offset: Int, onto memory: UnsafeMutableRawBufferPointer) throws(VolumeError) {
        let bytes = try act(.map, file) { (world, node, _) in world.state.nodes[node]?.visible ?? [] }
        memory.copyBytes(from: bytes.dropFirst(offset).prefix(memory.count))
    }

    package func close(_ file: File) {
        world.withLock { world in
            guard let opened = world.handles.removeValue(forKey: file.handle) else { return }
            if world.locks[opened.node] == file.handle { world.locks[opened.node] = nil }
        }
    }

    package func rename(_ path: String, to newPath: String) throws(VolumeError) {
        try act(.rename, path) { (world, _) throws(VolumeError) in
            try world.rename(path, to: newPath)
        } failing: { world in
            if world.random.chance(1, in: 2) { _ = try? world.rename(path, to: newPath) }
        }
    }

    package func remove(_ path: String) throws(VolumeError) {
        try act(.remove, path) { (world, _) throws(VolumeError) in
            _ = try world.node(.remove, path)
            world.state.names[path] = nil
            world.state.pendingNames.append(.remove(path: path))
        }
    }

    package func syncFolder(_ path: String) throws(VolumeError) {
        try act(.syncFolder, path) { (world, _) throws(VolumeError) in
            _ = try world.node(.syncFolder, path)
            world.state.syncFolder(path)
        } failing: { world in
            world.state.failFolderSync(path, &world.random)
        }
    }
}
