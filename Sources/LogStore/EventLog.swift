package import EventCore

/// A durable sequence of blocks of events: the only door to the files of a log.
///
/// The log never looks into a block. Commits are appended and become durable with `sync`; sealed segments never change.
/// One writer at a time, held off by a lock; any number of readers, which take none.
/// It belongs to one task at a time. Files: LogFormat.md; what opening does: Recovery.md.
package final class EventLog<Storage: Volume> {
    let folder: LogFolder
    let volume: Storage
    /// What it was opened for.
    package let access: LogAccess
    let options: LogOptions
    var lock: StoreLock<Storage>?
    var sealed: [SealedSegment]
    /// nil from a seal to the next append.
    var active: ActiveSegment<Storage>?
    /// How often commits were made durable.
    package internal(set) var syncCount = 0
    /// What ended writing.
    var failure: VolumeError?
    /// What has been appended to the active segment since the log was opened.
    var appendedBytes = 0
    /// Whether the file system would not give room.
    var isRoomRefused = false
    /// Files of sealed segments that were read lately, by number.
    var openFiles: [Int: OpenFile<Storage>] = [:]
    /// Reused for each append.
    var scratch: [UInt8] = []

    /// The identity in every file of the log.
    package let storeID: StoreID

    /// What opening found and did.
    package let recovery: RecoveryReport

    init(
        folder: LogFolder, volume: Storage, access: LogAccess, options: LogOptions, lock: StoreLock<Storage>?, storeID: StoreID,
        sealed: [SealedSegment], active: ActiveSegment<Storage>?, recovery: RecoveryReport
    ) {
        self.folder = folder
        self.volume = volume
        self.access = access
        self.options = options
        self.lock = lock
        self.storeID = storeID
        self.sealed = sealed
        self.active = active
        self.recovery = recovery
    }

    /// The position after everything appended.
    package var end: Position { active?.chain.position ?? sealed.last?.tail.endPosition ?? Position(0) }

    /// The end of the sealed part; nil while there is none.
    package var sealedEnd: SealedEnd? { sealed.last?.end }

    /// Whether the log ends with a sealed segment, so that a checkpoint may be taken.
    package var isSealed: Bool { active?.blocks.isEmpty ?? true }

    /// Whether the active segment has passed its size, or has so many blocks that opening would be slow.
    package var needsSealing: Bool {
        guard let active else { return false }
        return active.endOffset >= options.segmentLimitBytes || active.blocks.count >= 1 << 16
    }

    /// Bytes of all segments, headers and indexes included, unused room not.
    package var sizeBytes: Int {
        sealed.reduce(active?.endOffset ?? 0) { $0 + $1.tail.footerOffset + $1.tail.footerBytes + SegmentTail.sizeBytes }
    }

    /// Segments, sealed or not.
    package var segmentCount: Int { sealed.count + (active == nil ? 0 : 1) }

    /// Whether this end of a sealed part is one of this log: what a checkpoint taken there is worth.
    package func contains(_ end: SealedEnd) -> Bool {
        guard end.segment >= 1, end.segment <= sealed.count else { return false }
        return sealed[end.segment - 1].end == end
    }

    /// Makes the acknowledged mark durable, cuts off unused room and lets go of the lock. Without it a lock goes with the last reference to
    /// the log, and the room stays.
    ///
    /// What was appended and not synced is not made durable by it.
    package func close() throws(LogError) {
        defer { lock = nil }
        guard access == .writing, failure == nil else { return }
        cutRoom()
        guard let segment = active, !segment.isMarkSynced else { return }
        do throws(VolumeError) {
            try segment.file.sync()
            active?.isMarkSynced = true
        } catch {
            failure = error
            throw .syncFailed(error)
        }
    }

    /// Ends writing for good.
    func fail(_ error: VolumeError) { failure = failure ?? error }

    /// Checks that this log may still be written.
    func checkWritable() throws(LogError) {
        if let failure { throw .failedBefore(failure) }
        precondition(access == .writing)
        precondition(lock != nil)
    }
}
