internal import Glibc
internal import LogStore

/// A file that is written piece by piece, and is there whole or not at all.
///
/// What is no regular file (a device, a pipe) cannot be replaced without harm: it is written to as it is. A link is followed.
final class OutputFile {
    private let path: String
    private let isCompressed: Bool
    /// Where the bytes go until all are there; nil where they go to the place itself.
    private var unfinished: String?
    private let descriptor: Int32
    private var isEmpty = true

    /// Compressed when the name ends in `.gz`: each piece is a gzip member of its own, and all together are one file.
    init(_ path: String) throws {
        isCompressed = path.hasSuffix(".gz")
        var facts = stat()
        let isThere = stat(path, &facts) == 0
        let isReplaced = !isThere || facts.st_mode & S_IFMT == S_IFREG
        self.path = isThere && isReplaced ? Machine.realPath(path) : path
        unfinished = isReplaced ? self.path + ".unfinished-\(Machine.process)" : nil
        // What nobody else could read before is not opened to all by being replaced.
        let mode = isThere ? facts.st_mode & 0o777 : 0o644
        descriptor = open(unfinished ?? path, O_WRONLY | O_CLOEXEC | (isReplaced ? O_CREAT | O_TRUNC : 0), mode)
        guard descriptor >= 0 else {
            unfinished = nil
            throw Self.failure(path, errno)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if let unfinished { unlink(unfinished) }
    }

    func write(_ bytes: [UInt8]) throws {
        isEmpty = false
        let bytes = isCompressed ? Gzip.deflate(bytes) : bytes
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path, errno) }
            done += count
        }
    }

    /// Makes the file durable and gives it its name.
    func finish() throws {
        if isEmpty { try write([]) }
        guard let unfinished else { return }
        guard fsync(descriptor) == 0, rename(unfinished, path) == 0 else { throw Self.failure(path, errno) }
        self.unfinished = nil
        do throws(VolumeError) { try POSIXVolume().syncFolder(POSIXVolume.folder(of: path)) } catch {
            // A folder that cannot be opened, or whose file system knows no syncing of it, is no failure of the disk.
            if error.reason == .inputOutput || error.reason == .noSpace { throw Self.failure(path, error.code) }
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> ConsoleError {
        ConsoleError(
            code: code == ENOSPC ? "disk-full" : "io", "\(path): \(Machine.describe(errno: code))", hint: "the file was not written")
    }
}
