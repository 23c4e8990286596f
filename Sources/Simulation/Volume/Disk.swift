internal import LogStore
internal import Workload

/// The disk, the open files and what is to go wrong.
struct Disk: Sendable {
    enum Operation: String, Sendable {
        case listFolder, createFolder, create, open, size, read, write, syncData, truncate, dropCache, lock, map, rename, remove,
            syncFolder

        /// Whether the state may differ afterwards.
        var changes: Bool {
            switch self {
            case .createFolder, .create, .write, .syncData, .truncate, .dropCache, .rename, .remove, .syncFolder: true
            case .listFolder, .open, .size, .read, .lock, .map: false
            }
        }

        /// What the error says.
        var name: VolumeError.Operation { VolumeError.Operation(rawValue: rawValue) ?? .open }
    }

    struct Handle: Sendable {
        let node: Int
        let path: String
    }

    struct Plan: Sendable {
        let fault: VolumeFault
        /// Operations it applies to until it strikes, that one included.
        var countdown: Int
        let isForever: Bool
        var hasStruck = false

        func applies(to operation: Operation) -> Bool {
            switch fault {
            case .inputOutput: true
            case .noSpace: [.write, .create, .createFolder, .rename].contains(operation)
            case .shortWrite: operation == .write
            case .failedSync: operation == .syncData || operation == .syncFolder
            }
        }
    }

    static let noSuchFile: Int32 = 2
    static let badFile: Int32 = 9
    static let alreadyExists: Int32 = 17
    private static let inputOutput: Int32 = 5
    private static let noSpace: Int32 = 28

    var state: DiskState
    var random: SeededRandom
    var handles: [Int: Handle] = [:]
    /// The open file that holds the lock of each file.
    var locks: [Int: Int] = [:]
    var plan: Plan?
    var trace: [String] = []
    var isRecording = false
    var recorded: [(operationCount: Int, state: DiskState)] = []
    /// What another program does just before some operation.
    var intrusion: (countdown: Int, act: @Sendable () -> Void)?
    private var handleCount = 0

    init(state: DiskState, random: SeededRandom) {
        self.state = state
        self.random = random
    }

    /// Counts an operation, and says what strikes it.
    mutating func begin(_ operation: Operation, _ path: String) -> VolumeFault? {
        trace.append("\(operation.rawValue) \(path)")
        guard var plan, plan.applies(to: operation) else { return nil }
        plan.countdown -= 1
        let strikes = plan.countdown == 0 || (plan.countdown < 0 && plan.isForever)
        plan.hasStruck = plan.hasStruck || strikes
        self.plan = plan
        return strikes ? plan.fault : nil
    }

    /// Keeps the state when states are kept.
    mutating func end(_ operation: Operation) {
        if isRecording && operation.changes { recorded.append((trace.count, state)) }
    }

    static func error(_ fault: VolumeFault, _ operation: Operation, _ path: String) -> VolumeError {
        VolumeError(operation.name, path, code: fault == .noSpace ? noSpace : inputOutput)
    }

    mutating func handle(for node: Int, _ path: String) -> FaultyVolume.File {
        handleCount += 1
        handles[handleCount] = Handle(node: node, path: path)
        return FaultyVolume.File(handle: handleCount)
    }

    func node(_ operation: VolumeError.Operation, _ path: String) throws(VolumeError) -> Int {
        guard let node = state.names[path] else { throw VolumeError(operation, path, code: Self.noSuchFile) }
        return node
    }

    func checkAbsent(_ operation: VolumeError.Operation, _ path: String) throws(VolumeError) {
        guard state.names[path] == nil else { throw VolumeError(operation, path, code: Self.alreadyExists) }
        guard state.hasFolder(of: path) else { throw VolumeError(operation, path, code: Self.noSuchFile) }
    }

    mutating func rename(_ path: String, to newPath: String) throws(VolumeError) {
        let node = try node(.rename, path)
        state.names[path] = nil
        state.names[newPath] = node
        state.pendingNames.append(.rename(from: path, to: newPath, node: node))
    }
}

extension FaultyVolume {
    /// Does one operation on a path, or what a fault makes of it. A short write is `body`'s to make.
    func act<Value: Sendable>(
        _ operation: Disk.Operation, _ path: String,
        _ body: (inout Disk, _ isShort: Bool) throws(VolumeError) -> Value,
        failing: (inout Disk) -> Void = { _ in }
    ) throws(VolumeError) -> Value {
        intrude()
        return try withDisk { (disk) throws(VolumeError) in
            defer { disk.end(operation) }
            let fault = disk.begin(operation, path)
            guard let fault, fault != .shortWrite else { return try body(&disk, fault == .shortWrite) }
            failing(&disk)
            throw Disk.error(fault, operation, path)
        }
    }

    /// Does one operation on an open file, or what a fault makes of it.
    func act<Value: Sendable>(
        _ operation: Disk.Operation, _ file: File,
        _ body: (inout Disk, _ node: Int, _ isShort: Bool) -> Value,
        failing: (inout Disk, Int) -> Void = { _, _ in }
    ) throws(VolumeError) -> Value {
        guard let opened = withDisk({ $0.handles[file.handle] }) else {
            throw VolumeError(operation.name, "", code: Disk.badFile)
        }
        return try act(operation, opened.path) { (disk, isShort) throws(VolumeError) in
            body(&disk, opened.node, isShort)
        } failing: { disk in
            failing(&disk, opened.node)
        }
    }

    /// Lets the other program act when its moment has come; what it does itself is not interrupted.
    private func intrude() {
        let act = withDisk { disk -> (@Sendable () -> Void)? in
            guard let (countdown, act) = disk.intrusion else { return nil }
            disk.intrusion = countdown > 1 ? (countdown - 1, act) : nil
            return countdown > 1 ? nil : act
        }
        act?()
    }
}
