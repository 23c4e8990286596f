internal import Glibc

/// Files that only their owner reads, 0600, in folders that only their owner enters, 0700.
enum PrivateFile {
    /// nil when there is none.
    static func read(_ path: String) throws(SyncError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .file(path: path, code: errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .file(path: path, code: errno) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    /// Puts the file in place, so that after a power loss it is there as before or as after.
    static func replace(_ path: String, in folder: String, with bytes: [UInt8]) throws(SyncError) {
        let temporary = path + ".unfinished"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: temporary, code: errno) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw .file(path: temporary, code: errno) }
            done += max(0, count)
        }
        guard fdatasync(descriptor) == 0, rename(temporary, path) == 0 else { throw .file(path: path, code: errno) }
        try syncFolder(folder)
    }

    /// Makes the folder and those above it that are missing.
    static func makeFolder(_ path: String) throws(SyncError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw .file(path: path, code: errno) }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .file(path: path, code: errno) }
    }

    private static func syncFolder(_ path: String) throws(SyncError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(path: path, code: errno) }
    }
}
