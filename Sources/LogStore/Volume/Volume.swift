/// A file system, reduced to what the log needs from it.
///
/// A parameter of everything in LogStore, so that a test can put a disk under it that loses, tears and refuses.
/// Paths are absolute or relative to the process; their parts are joined by "/".
///
/// What is promised: after `syncData` returned, the file's bytes and size survive a power loss; after `syncFolder`
/// returned, so do the names in it; `rename` replaces its target at once or not at all. Nothing else is relied on: what was not
/// synced may survive in part and in any order.
package protocol Volume: Sendable {
    /// An open file. It is closed exactly once.
    associatedtype File: Sendable

    /// The names in `folder`, in no order, without "." and "..".
    func names(in folder: String) throws(VolumeError) -> [String]

    /// Makes one folder; its parent exists.
    func createFolder(_ path: String) throws(VolumeError)

    /// Opens a file.
    func open(_ path: String, _ mode: OpenMode) throws(VolumeError) -> File

    /// The size as a reader sees it now.
    func sizeBytes(of file: File) throws(VolumeError) -> Int

    /// Reads at most `buffer.count` bytes; may return fewer, and returns 0 only at the end of the file.
    func read(_ file: File, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int

    /// Writes at least one byte of `bytes`, perhaps not all; the file grows when needed.
    func write(_ file: File, at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(VolumeError) -> Int

    /// Makes the file's bytes and its size durable. A failure is final: what was pending may be lost although it can still be read.
    func syncData(_ file: File) throws(VolumeError)

    /// Cuts or extends the file to `sizeBytes`; added bytes are zero.
    func truncate(_ file: File, to sizeBytes: Int) throws(VolumeError)

    /// Makes later reads of these offsets come from the disk where nothing waits to be synced; the pages they lie in are meant.
    func dropCache(of file: File, in offsets: Range<Int>) throws(VolumeError)

    /// Locks the whole file for this open file alone, without waiting. Closing lets go.
    func lock(_ file: File) throws(VolumeError) -> LockOutcome

    /// Opens a folder for this open file alone, waiting until whoever holds it lets go; closing lets go. Files that several programs replace are replaced under it.
    /// It is the folder that the path names once nobody else holds it, also where another one took its place meanwhile.
    func enter(_ folder: String) throws(VolumeError) -> File

    /// Lets the file's bytes from `offset` on, a multiple of 4096, stand in `memory`: whole pages of the caller's, readable and writable. Writing to them does
    /// not change the file.
    ///
    /// The file has those bytes and is not cut while they are in use. They are read when they are touched where that is possible. After an error the memory is of
    /// no use.
    func map(_ file: File, at offset: Int, onto memory: UnsafeMutableRawBufferPointer) throws(VolumeError)

    /// Closes the file; the caller has synced what it needs.
    func close(_ file: File)

    /// Gives a file another name, replacing what has that name.
    func rename(_ path: String, to newPath: String) throws(VolumeError)

    /// Removes a file's name.
    func remove(_ path: String) throws(VolumeError)

    /// Makes the names in a folder durable.
    func syncFolder(_ path: String) throws(VolumeError)
}

/// What came of locking a file.
package enum LockOutcome: Hashable, Sendable {
    case taken
    case heldByAnother
    /// The file's path names another one by now, or none: the lock is taken, and keeps nobody away who comes by the path.
    case replaced
}

/// How a file is opened.
package enum OpenMode: Hashable, Sendable {
    /// It exists and is only read.
    case reading
    /// It exists and may be written.
    case readingAndWriting
    /// It does not exist yet.
    case creating
    /// The same, for its owner's eyes only.
    case creatingPrivately

    package var isCreating: Bool { self == .creating || self == .creatingPrivately }
}
