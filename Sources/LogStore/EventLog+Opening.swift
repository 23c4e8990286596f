internal import EventCore

extension EventLog {
    /// Makes an empty log in a store's folder, which exists, and opens it for writing.
    ///
    /// Repeating it after an interruption completes it.
    ///
    /// - Throws: `.alreadyThere` when the folder holds a log, `.locked` or `.volume`.
    package static func create(
        in path: String, storeID: StoreID, on volume: Storage, options: LogOptions = LogOptions()
    ) throws(LogError) -> EventLog {
        let folder = LogFolder(path: path)
        let lock = try StoreLock(folder, on: volume)
        do throws(VolumeError) {
            try volume.createFolderIfMissing(folder.log)
            try volume.createFolderIfMissing(folder.checkpoints)
            try volume.syncFolder(path)
        } catch {
            throw .volume(error)
        }
        guard try LogSurvey.names(folder, volume).isEmpty else { throw .alreadyThere(folder: path) }
        lock.name(options.holder)
        let header = SegmentHeader(isSealed: false, storeID: storeID, number: 1, first: Position(0), digestBefore: .none)
        do throws(VolumeError) {
            let active = try ActiveSegment.create(header, in: folder, on: volume)
            return EventLog(
                folder: folder, volume: volume, access: .writing, options: options, lock: lock, storeID: storeID, sealed: [],
                active: active, recovery: RecoveryReport(unacknowledged: Position(0)..<Position(0)))
        } catch {
            throw .volume(error)
        }
    }

    /// Opens the log of a store's folder. For writing it is recovered first; a reader takes a torn tail as the end.
    ///
    /// Reads the active segment whole, and the header and tail of each other one.
    ///
    /// - Throws: `.noLog`, `.locked`, `.newerFormat` or `.corrupt`, and nothing was touched; or `.volume`.
    package static func open(
        in path: String, on volume: Storage, access: LogAccess, options: LogOptions = LogOptions()
    ) throws(LogError) -> EventLog {
        let folder = LogFolder(path: path)
        guard access == .reading else { return try openForWriting(folder, volume, options) }
        // A writer may have put another file in place while this one looked: what looks wrong is looked at again.
        for _ in 0..<2 {
            do throws(LogError) { return try openOnce(folder, volume, .reading, options, lock: nil) } catch {
                switch error {
                case .corrupt, .volume: continue
                default: throw error
                }
            }
        }
        return try openOnce(folder, volume, .reading, options, lock: nil)
    }

    private static func openForWriting(
        _ folder: LogFolder, _ volume: Storage, _ options: LogOptions
    ) throws(LogError) -> EventLog {
        // Taking the lock makes its file where there is none: not before it is known that there is a log that may be written.
        let hasLock: Bool
        do throws(VolumeError) { hasLock = try volume.exists(folder.lock) } catch { throw .volume(error) }
        if !hasLock { _ = try LogSurvey(folder, on: volume, for: .writing) }
        let lock = try StoreLock(folder, on: volume)
        return try openOnce(folder, volume, .writing, options, lock: lock)
    }

    private static func openOnce(
        _ folder: LogFolder, _ volume: Storage, _ access: LogAccess, _ options: LogOptions, lock: StoreLock<Storage>?
    ) throws(LogError) -> EventLog {
        let survey = try LogSurvey(folder, on: volume, for: access)
        var active: ActiveSegment<Storage>?
        if access == .writing {
            do throws(VolumeError) {
                try volume.settleNames(survey.sealed.map(\.name) + (survey.active.map { [$0.name] } ?? []), in: folder)
            } catch { throw .volume(error) }
        }
        let end = survey.sealed.last?.tail.endPosition ?? Position(0)
        var report = RecoveryReport(unacknowledged: end..<end)
        if let (name, header) = survey.active {
            let refusal: LogError?
            do throws(VolumeError) {
                let recovery = try TailRecovery(folder, name, header, on: volume, for: access)
                let found = try recovery.find()
                refusal = recovery.refusal(found)
                if refusal == nil {
                    lock?.name(options.holder)
                    (active, report) = try recovery.perform(found)
                }
            } catch {
                throw .volume(error)
            }
            if let refusal { throw refusal }
        } else {
            lock?.name(options.holder)
        }
        if access == .writing { report.removedFiles = try removeUnfinished(folder, volume) }
        return EventLog(
            folder: folder, volume: volume, access: access, options: options, lock: lock, storeID: survey.storeID,
            sealed: survey.sealed, active: active, recovery: report)
    }

    /// Removes what an interrupted program had not put in place yet.
    private static func removeUnfinished(_ folder: LogFolder, _ volume: Storage) throws(LogError) -> [String] {
        do throws(VolumeError) {
            var removed: [String] = []
            try volume.createFolderIfMissing(folder.checkpoints)
            for path in [folder.log, folder.checkpoints] {
                for name in try volume.names(in: path).sorted() where name.hasSuffix(LogFolder.unfinishedSuffix) {
                    try volume.remove(path + "/" + name)
                    removed.append(path + "/" + name)
                }
            }
            return removed
        } catch {
            throw .volume(error)
        }
    }
}
