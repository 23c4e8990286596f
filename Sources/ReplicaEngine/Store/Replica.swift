package import EventCore
package import LogStore

/// One device's store: its log, the records folded from it, and the events that wait for what they build on.
///
/// It belongs to one task at a time. Files of the store's folder: `device`, `names`, `names.told`, `answers`, `chains`, `counts`, `times`, `states` and `decisions` (here), `log/`, `checkpoint/` and `lock` (LogStore).
package final class Replica<Storage: Volume> {
    let folder: String
    let volume: Storage
    let log: EventLog<Storage>
    let identity: StoreIdentity
    var table: RecordTable
    var waiting: WaitingEvents
    var clock = HybridClock()
    /// Times of events here that the clock has not seen yet, or not heeded as too far ahead; nil before the log has been asked.
    var unseenTimes: [HybridTime]?
    /// The devices' hash chains, as far as they have been followed; nil before somebody asked.
    var chains: HashChains?
    /// Blocks that history was read from lately: a record's events tend to lie close together, and are asked for again.
    var recentBlocks = RecentBlocks()
    var policyCache = PolicyCache()
    /// What the `decisions` file says, or what was decided since; nil before somebody asked.
    var knownDecisions: SavedDecisions?
    /// When the events up to a sealed end were written; nil before somebody asked.
    var sealedTimes: LogTimes?
    /// What the `states` file says; nil before it has been asked.
    var knownStates: KnownStates?
    /// What the `answers` file says; nil before it has been asked.
    var answers: RememberedAnswers?
    /// How many records were in conflict after so many events.
    var countedConflicts: (events: UInt32, count: Int)?

    /// What own events are written under; nil for a store that no workspace knows of.
    package var lease: WritingLease?
    /// What devices are called here, this one included.
    package private(set) var names: DeviceNames
    /// Checkpoints that were passed over or given up, and why.
    package internal(set) var ignoredCheckpoints: [(file: String, problem: CheckpointProblem)]
    /// Where the checkpoint was taken that the table began with, or that was written last.
    var checkpointEnd: SealedEnd?
    /// Whether that checkpoint has the records' order, and nothing is wrong with it.
    var isCheckpointOrdered = false
    /// Whether it has been said that something is wrong with the order.
    var isOrderNoted = false
    /// How often a checkpoint was given up after it had been taken in.
    var setAsideCount = 0
    /// How many events had to be folded at opening, behind the checkpoint.
    package let foldedAtOpening: UInt64

    /// The device that writes here.
    package var device: DeviceID { identity.device }
    /// The device's name.
    package var name: String { identity.name }
    /// The position after the last event.
    package var end: Position { Position(UInt64(table.eventCount)) }
    /// How many events wait for what they build on.
    package var waitingCount: Int { waiting.events.count }
    /// How many records have an event.
    package var recordCount: Int { Int(table.recordCount) }
    /// What opening the log found and did.
    package var recovery: RecoveryReport { log.recovery }
    /// Bytes of all segments.
    package var logBytes: Int { log.sizeBytes }
    /// How often commits were made durable since the store was opened.
    package var syncCount: Int { log.syncCount }
    /// How many segments the log has.
    package var segmentCount: Int { log.segmentCount }
    /// Bytes of memory that records, values and index use.
    package var memoryBytes: Int { table.memoryBytes }
    /// The store's version vector over all records.
    package var versionVector: VersionVector { table.versionVector }

    private init(folder: String, volume: Storage, identity: StoreIdentity, log: EventLog<Storage>) throws(ReplicaError) {
        self.folder = folder
        self.volume = volume
        self.identity = identity
        self.log = log
        names = (try? DeviceNames.read(in: folder, on: volume)) ?? DeviceNames(given: [:])
        names.give(identity.name, to: identity.device)
        let search = log.readCheckpoint()
        ignoredCheckpoints = search.ignored
        var waiting = WaitingEvents()
        var adopted: RecordTable?
        if let image = search.image {
            adopted = try Self.table(adopting: image, toFold: log, &waiting)
            checkpointEnd = adopted == nil ? nil : image.end
            if adopted == nil { ignoredCheckpoints.append((log.checkpointPath(at: image.end), .unusable)) }
        }
        var table = adopted ?? RecordTable(expectedEvents: log.end.index)
        let from = Position(UInt64(table.eventCount))
        foldedAtOpening = log.end.index - from.index
        try Self.fold(log, from: from, into: &table, &waiting, threads: Self.threads(for: foldedAtOpening))
        waiting.drop(coveredBy: table.versionVector)
        isCheckpointOrdered = table.hasOrderSections
        self.table = table
        self.waiting = waiting
    }

    /// Makes an empty store in a folder, which is made unless it is there. Repeating it after an interruption completes it.
    ///
    /// - Throws: `.alreadyAStore`, or `.log`.
    package static func create(
        in folder: String, on volume: Storage, device: DeviceID, name: String, storeID: StoreID, options: LogOptions = LogOptions()
    ) throws(ReplicaError) -> Replica {
        let identity = StoreIdentity(device: device, name: name)
        let path = folder + "/" + StoreIdentity.fileName
        let isThere: Bool
        do throws(VolumeError) {
            try volume.createFolderIfMissing(folder)
            try volume.syncFolder(Storage.folder(of: folder))
            isThere = try volume.exists(path)
        } catch { throw .log(.volume(error)) }
        guard !isThere else { throw .alreadyAStore(folder: folder) }
        let log = try emptyLog(in: folder, on: volume, storeID, options.decodingBlocks())
        // The identity comes last: a folder without it is no store yet. Another program may have made one before the log was this one's.
        let isThereNow: Bool
        do throws(VolumeError) {
            isThereNow = try volume.exists(path)
            if !isThereNow { try volume.replaceSharedFile(path, in: folder, with: identity.text) }
        } catch { throw .log(.volume(error)) }
        guard !isThereNow else { throw .alreadyAStore(folder: folder) }
        return try Replica(folder: folder, volume: volume, identity: identity, log: log)
    }

    /// Opens the store of a folder: the newest checkpoint that can be trusted, and the log's events behind it.
    ///
    /// - Throws: `.notAStore`, `.damagedIdentity`, `.newerIdentity`, `.log` (which says who holds the lock, what is damaged, what is newer),
    ///   or `.malformedBlock`.
    package static func open(
        in folder: String, on volume: Storage, access: LogAccess, options: LogOptions = LogOptions()
    ) throws(ReplicaError) -> Replica {
        while true {
            let identity = try StoreIdentity.read(in: folder, on: volume)
            let log: EventLog<Storage>
            do throws(LogError) {
                log = try EventLog.open(in: folder, on: volume, access: access, options: options.decodingBlocks())
            } catch { throw .log(error) }
            // Mending puts a store of another identity in the place of this one: whose the log is has to be known.
            guard try StoreIdentity.read(in: folder, on: volume) == identity else { continue }
            return try Replica(folder: folder, volume: volume, identity: identity, log: log)
        }
    }

    /// Seals a segment that outgrew its limit, and checkpoints the state there; does nothing otherwise. For a writer that has a moment.
    ///
    /// - Parameter sealed: called between the two.
    /// - Throws: `.log`, after which only opening anew helps; no event is lost.
    package func tidy(sealed: () -> Void = {}) throws(ReplicaError) {
        guard log.needsSealing else { return }
        do throws(LogError) { try seal() } catch { throw .log(error) }
        sealed()
        try checkpoint()
    }

    /// Lets go of the lock and makes the acknowledged mark durable.
    package func close() throws(ReplicaError) {
        // What was written is durable with or without it, and the next writer tries again.
        try? tidy()
        do throws(LogError) { try log.close() } catch { throw .log(error) }
    }

    /// Calls a device by a name from now on, for people; by the name that a hub told without one.
    package func remember(name: String?, for device: DeviceID) throws(ReplicaError) {
        try changeNames { names in
            names.give(name, to: device)
            return (DeviceNames.fileName, names.givenText)
        }
    }

    /// Takes over what others call devices; who was named here keeps that name. Needs no lock.
    package func hear(names told: [DeviceID: String]) throws(ReplicaError) {
        var known = names
        guard known.hear(told) else { return }
        try changeNames { names in names.hear(told) ? (DeviceNames.toldFileName, names.toldText) : nil }
    }

    /// Changes what the files say now, which others may have changed since this one read them.
    private func changeNames(_ change: (inout DeviceNames) -> (file: String, text: [UInt8])?) throws(ReplicaError) {
        do throws(VolumeError) {
            let turn = try volume.enter(folder)
            defer { volume.close(turn) }
            var names = try DeviceNames.read(in: folder, on: volume)
            names.give(identity.name, to: identity.device)
            let changed = change(&names)
            self.names = names
            guard let (file, text) = changed else { return }
            let path = folder + "/" + file
            try volume.replaceFile(path, by: path + ".unfinished", in: folder, with: text)
        } catch { throw .log(.volume(error)) }
    }

    private static func emptyLog(
        in folder: String, on volume: Storage, _ storeID: StoreID, _ options: LogOptions
    ) throws(ReplicaError) -> EventLog<Storage> {
        do throws(LogError) {
            do throws(LogError) { return try EventLog.create(in: folder, storeID: storeID, on: volume, options: options) } catch {
                guard case .alreadyThere = error else { throw error }
            }
            let log = try EventLog.open(in: folder, on: volume, access: .writing, options: options)
            guard log.end == Position(0) else { throw .alreadyThere(folder: folder) }
            return log
        } catch {
            if case .alreadyThere = error { throw .alreadyAStore(folder: folder) }
            throw .log(error)
        }
    }
}

extension LogOptions {
    /// The same options, with blocks' device ranges read by the codec.
    func decodingBlocks() -> LogOptions {
        var options = self
        options.deviceRanges = { header, bytes in (try? BlockReader(header, bytes))?.authors ?? [] }
        return options
    }
}
