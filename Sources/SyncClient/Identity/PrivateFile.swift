internal import Glibc
internal import LogStore

/// Files that only their owner reads, 0600, in folders that only their owner enters, 0700.
enum PrivateFile {
    /// nil when there is none.
    static func read(_ path: String) throws(SyncError) -> [UInt8]? {
        do throws(VolumeError) { return try POSIXVolume().wholeFile(path) } catch {
            if error.reason == .noSuchFile || error.code == ENOTDIR { return nil }
            throw .file(path: path, code: error.code)
        }
    }

    /// Puts the file in place, so that after a power loss it is there as before or as after.
    static func replace(_ path: String, in folder: String, with bytes: [UInt8]) throws(SyncError) {
        do throws(VolumeError) {
            try POSIXVolume().replaceFile(path, by: path + ".unfinished", in: folder, with: bytes, .creatingPrivately)
        } catch { throw .file(path: error.path, code: error.code) }
    }

    /// Runs `body` while no other process does so in the same folder; the others wait.
    static func alone(in folder: String, _ body: () throws(SyncError) -> Void) throws(SyncError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: folder, code: errno) }
        // Closing it gives the lock back.
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 { guard errno == EINTR else { throw .file(path: folder, code: errno) } }
        try body()
    }

    /// Makes the folder and those above it that are missing.
    static func makeFolder(_ path: String) throws(SyncError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path.contains("/") else { throw .file(path: path, code: errno) }
        try makeFolder(POSIXVolume.folder(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .file(path: path, code: errno) }
    }
}
