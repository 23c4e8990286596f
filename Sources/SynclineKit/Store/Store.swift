internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// One device's store, open for reading and writing: records that work without a network, and sync through a hub when it has joined one.
///
/// Everything runs on a thread of the store's own; a call that writes returns when what it wrote is on disk. As long as a store is open its folder is locked: no other process writes to it, not even the
/// command line, which can read it. A process has to `close()` it before somebody else can write.
public actor Store {
    private nonisolated let thread: StoreThread
    /// The store's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// The folder that the store lies in.
    public nonisolated let folder: String
    /// The device that writes here.
    public nonisolated let device: Device

    private let replica: Replica<POSIXVolume>
    let gate: StoreGate
    private let feed: ChangeFeed
    let syncer: Syncer
    let keys: String
    private var isClosed = false

    /// Opens a store.
    ///
    /// - Parameters:
    ///   - path: the folder that holds the store in its folder `.syncline`, as on the command line.
    ///   - keys: the folder that device keys lie in, outside the store; nil for `$SYNCLINE_KEYS`, else `~/.config/syncline/keys`.
    /// - Throws: `.noStore`; `.inUse` where another process has it open, after half a second, or after five where that is about to go; `.damaged`, `.newerFormat`, `.system`
    public static func open(_ path: String, keys: String? = nil) async throws(SynclineError) -> Store {
        let thread = try StoreThread()
        return try await thread.run {
            Result { () throws(SynclineError) in try Store(Host.storeFolder(of: path), keys: keys, thread) }
        }
    }

    /// Opens a store, or makes one with a new device where there is none.
    ///
    /// - Parameters:
    ///   - path: the folder that holds the store in its folder `.syncline`, as on the command line; it is made unless it is there, in one that is.
    ///   - deviceName: what people call the device that is made: a line of text. A store that is there keeps its own.
    ///   - keys: as for `open`.
    /// - Throws: as `open`, and `.invalid` for a name that is empty, has more than 255 bytes, or control characters
    public static func openOrCreate(
        _ path: String, deviceName: String, keys: String? = nil
    ) async throws(SynclineError) -> Store {
        guard DeviceName.isOne(deviceName) else { throw SynclineError(.invalid, DeviceName.rule) }
        let thread = try StoreThread()
        return try await thread.run {
            Result { () throws(SynclineError) in
                try create(path, deviceName)
                return try Store(Host.storeFolder(of: path), keys: keys, thread)
            }
        }
    }

    private static func create(_ path: String, _ deviceName: String) throws(SynclineError) {
        let folder = Host.storeFolder(of: path)
        do throws(VolumeError) {
            if path != folder { try POSIXVolume().createFolderIfMissing(path) }
        } catch { throw SynclineError(error) }
        do throws(ReplicaError) {
            let options = LogOptions(holder: LockHolder(process: Host.process, command: command, .program))
            try Replica.create(
                in: folder, on: POSIXVolume(), device: Host.newDevice(), name: deviceName, storeID: Host.newStoreID(), options: options
            ).close()
        } catch {
            if case .alreadyAStore = error { return }
            throw SynclineError(error)
        }
    }

    private init(_ folder: String, keys: String?, _ thread: StoreThread) throws(SynclineError) {
        do throws(ReplicaError) { replica = try Host.hold(folder, command: Self.command, .program) } catch { throw SynclineError(error) }
        self.folder = folder
        self.thread = thread
        self.keys = keys ?? Host.keysFolder
        device = Device(replica.device, replica.name)
        let feed = ChangeFeed()
        self.feed = feed
        gate = StoreGate(replica, in: folder) { store, end in feed.grew(store, from: end) }
        syncer = Syncer(gate, folder: folder, keys: self.keys)
    }

    deinit { syncer.abandon() }

    /// What others are told who find the store locked.
    private static var command: String { CommandLine.arguments.joined(separator: " ") }

    /// Stops syncing, and lets go of the store. What was written last goes up before, where that takes no time. Every call after it throws `.closed`.
    ///
    /// - Throws: `.system`; the store is closed nevertheless, and nothing that was written is lost
    public func close() throws(SynclineError) {
        guard !isClosed else { return }
        isClosed = true
        syncer.leave()
        feed.end()
        do throws(ReplicaError) { try replica.close() } catch { throw SynclineError(error) }
    }

    // MARK: - Turns

    /// The changes of the store from now on, those of this device and those that sync brings in. In the order in which they happen: a change is there when the call that made it returns.
    ///
    /// - Throws: `.closed`, `.damaged`, `.system`
    public func changes() throws(SynclineError) -> Changes { try turn { try feed.subscribe($0) } }

    /// Has the store while `body` runs, and nobody else.
    func turn<Value>(_ body: (Replica<POSIXVolume>) throws -> Value) throws(SynclineError) -> Value {
        guard !isClosed else { throw .closed }
        do { return try gate.entered { try body(replica) } } catch let error as SynclineError { throw error } catch let error
            as ReplicaError
        {
            throw SynclineError(error)
        } catch { throw SynclineError(.bug, "\(error)") }
    }

    /// The same, then what was written goes up at once.
    func writing<Value>(_ body: (Replica<POSIXVolume>) throws -> Value) throws(SynclineError) -> Value {
        let value = try turn { store in
            let value = try body(store)
            // What was written is on disk; that a full segment cannot be packed is said by the next call that the disk refuses.
            try? store.tidy()
            return value
        }
        syncer.ring()
        return value
    }

    func checkOpen() throws(SynclineError) { if isClosed { throw .closed } }
}
