package import EventCore

/// Why the log did not do what it was asked.
package enum LogError: Error, Hashable, Sendable {
    /// The file system refused; nothing was decided about the log.
    case volume(VolumeError)
    /// There is no log in the folder.
    case noLog(folder: String)
    /// There is a log in the folder already.
    case alreadyThere(folder: String)
    /// Another process has the log open for writing.
    case locked(by: LockHolder?)
    /// A file that only a newer program may read or write. Nothing was touched.
    case newerFormat(file: String)
    case corrupt(LogDamage)
    /// A block to be appended is none.
    case invalidBlock(BlockError)
    /// Repacking a segment gave another number of events than it holds; the segment stays as it is.
    case eventCountChanged(before: UInt64, after: UInt64)
    /// Appending failed. With `nothingWritten` the log on disk is what it was before; else what follows its end is not known.
    case appendFailed(VolumeError, nothingWritten: Bool)
    /// Making the log durable failed: whether what was appended since the last sync survives is not known.
    case syncFailed(VolumeError)
    /// Sealing failed; every event is where it was.
    case sealFailed(VolumeError)
    /// An earlier failure, given here, ended writing for this process. Opening the log again finds out what is there.
    case failedBefore(VolumeError)
    /// A checkpoint is taken right after sealing, at the end of the log, and nowhere else.
    case notSealed
}
