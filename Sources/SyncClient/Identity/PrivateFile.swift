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
        do throws(VolumeError) { try POSIXVolume().replaceSharedFile(path, in: folder, with: bytes, .creatingPrivately) } catch {
            throw .file(path: error.path, code: error.code)
        }
    }

    /// Puts in place what `change` makes of the file's bytes, nil of one that is not there, while no other program changes a file of this folder; nothing when that is nil.
    static func update(_ path: String, in folder: String, _ change: ([UInt8]?) -> [UInt8]?) throws(SyncError) {
        do throws(VolumeError) { try POSIXVolume().updateSharedFile(path, in: folder, .creatingPrivately, change) } catch {
            throw .file(path: error.path, code: error.code)
        }
    }

    /// Makes the folder and those above it that are missing.
    static func makeFolder(_ path: String) throws(SyncError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path.contains("/") else { throw .file(path: path, code: errno) }
        try makeFolder(POSIXVolume.folder(of: path))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .file(path: path, code: errno) }
    }
}
