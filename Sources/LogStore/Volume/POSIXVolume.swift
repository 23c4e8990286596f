internal import CFiles
internal import Glibc

/// The file system of this machine, directly on the C library.
///
/// Calls that a signal interrupts are repeated; short reads and writes are the caller's (`Volume+Whole.swift`).
package struct POSIXVolume: Volume {
    package struct File: Sendable {
        fileprivate let descriptor: Int32
        fileprivate let path: String
    }

    package init() {}

    package func names(in folder: String) throws(VolumeError) -> [String] {
        errno = 0
        let stream = opendir(folder)
        defer { if let stream { closedir(stream) } }
        var names: [String] = []
        while let stream, let entry = readdir(stream) {
            // The name is copied out of the entry at its real length: entries are shorter than the C type says.
            let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
            let text = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            let name = String(cString: text)
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        // Both calls say so when they gave nothing because they failed.
        guard errno == 0 else { throw VolumeError(.listFolder, folder, code: errno) }
        return names
    }

    package func createFolder(_ path: String) throws(VolumeError) {
        try check(.createFolder, path) { mkdir(path, 0o777) }
    }

    package func open(_ path: String, _ mode: OpenMode) throws(VolumeError) -> File {
        let flags =
            switch mode {
            case .reading: O_RDONLY
            case .readingAndWriting: O_RDWR
            case .creating, .creatingPrivately: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor = try check(.open, path) { Glibc.open(path, flags | O_CLOEXEC, mode == .creatingPrivately ? 0o600 : 0o666) }
        guard descriptor <= STDERR_FILENO else { return File(descriptor: descriptor, path: path) }
        // A program that embeds a store may have closed these three: what somebody prints must never land in a file of the store.
        defer { _ = Glibc.close(descriptor) }
        let higher = try check(.open, path) { fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) }
        return File(descriptor: higher, path: path)
    }

    package func sizeBytes(of file: File) throws(VolumeError) -> Int {
        var status = stat()
        try check(.size, file.path) { fstat(file.descriptor, &status) }
        return Int(status.st_size)
    }

    package func read(_ file: File, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(VolumeError) -> Int {
        try check(.read, file.path) { pread(file.descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    }

    package func write(_ file: File, at offset: Int, _ bytes: UnsafeRawBufferPointer) throws(VolumeError) -> Int {
        try check(.write, file.path) {
            let written = pwrite(file.descriptor, bytes.baseAddress, bytes.count, off_t(offset))
            // Who is told that nothing was written would try again for ever.
            if written == 0 && !bytes.isEmpty { errno = EIO }
            return written == 0 && !bytes.isEmpty ? -1 : written
        }
    }

    package func syncData(_ file: File) throws(VolumeError) {
        try check(.syncData, file.path) { fdatasync(file.descriptor) }
    }

    package func truncate(_ file: File, to sizeBytes: Int) throws(VolumeError) {
        try check(.truncate, file.path) { ftruncate(file.descriptor, off_t(sizeBytes)) }
    }

    package func dropCache(of file: File, in offsets: Range<Int>) throws(VolumeError) {
        // Only whole pages are dropped, so those that the ends lie in are included.
        let start = offsets.lowerBound / Self.pageSizeBytes * Self.pageSizeBytes
        let count = (offsets.upperBound - start).roundedUp(to: Self.pageSizeBytes)
        guard count > 0 else { return }
        let code = posix_fadvise(file.descriptor, off_t(start), off_t(count), POSIX_FADV_DONTNEED)
        // A file system without this advice has no cache to drop, or says so by reading right anyway.
        guard code == 0 || code == EINVAL || code == ENOSYS || code == EOPNOTSUPP else {
            throw VolumeError(.dropCache, file.path, code: code)
        }
    }

    package func lock(_ file: File) throws(VolumeError) -> LockOutcome {
        let isTaken =
            try check(.lock, file.path) {
                if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { return 1 }
                return errno == EWOULDBLOCK ? 0 : -1
            } == 1
        return isTaken ? (isInPlace(file) ? .taken : .replaced) : .heldByAnother
    }

    package func enter(_ folder: String) throws(VolumeError) -> File {
        while true {
            let descriptor = try check(.open, folder) { Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
            let file = File(descriptor: descriptor, path: folder)
            let locked = Result { () throws(VolumeError) in try check(.lock, folder) { flock(descriptor, LOCK_EX) } }
            if case .failure = locked { close(file) }
            _ = try locked.get()
            if isInPlace(file) { return file }
            close(file)
        }
    }

    /// Whether the path that a file was opened at names it still.
    private func isInPlace(_ file: File) -> Bool {
        var (opened, named) = (stat(), stat())
        guard fstat(file.descriptor, &opened) == 0, stat(file.path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    package func map(_ file: File, at offset: Int, onto memory: UnsafeMutableRawBufferPointer) throws(VolumeError) {
        guard !memory.isEmpty else { return }
        let flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE
        guard mmap(memory.baseAddress, memory.count, PROT_READ | PROT_WRITE, flags, file.descriptor, off_t(offset)) != MAP_FAILED else {
            throw VolumeError(.map, file.path, code: errno)
        }
    }

    package func close(_ file: File) {
        // Never repeated: Linux has let go of the descriptor even when the call was interrupted.
        _ = Glibc.close(file.descriptor)
    }

    package func rename(_ path: String, to newPath: String) throws(VolumeError) {
        try check(.rename, path) { Glibc.rename(path, newPath) }
    }

    /// Gives two files or folders each other's name at once, where the file system can.
    ///
    /// - Returns: whether it can; nothing is changed where not.
    package func exchange(_ path: String, _ other: String) throws(VolumeError) -> Bool {
        do throws(VolumeError) {
            try check(.rename, path) { syncline_exchange(path, other) }
            return true
        } catch { if error.code == EINVAL || error.code == ENOSYS { return false } else { throw error } }
    }

    package func remove(_ path: String) throws(VolumeError) {
        try check(.remove, path) { unlink(path) }
    }

    package func syncFolder(_ path: String) throws(VolumeError) {
        let descriptor = try check(.syncFolder, path) { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { _ = Glibc.close(descriptor) }
        try check(.syncFolder, path) { fsync(descriptor) }
    }

    private static let pageSizeBytes = 4096

    @discardableResult
    private func check<Number: BinaryInteger>(
        _ operation: VolumeError.Operation, _ path: String, _ call: () -> Number
    ) throws(VolumeError) -> Number {
        while true {
            let result = call()
            if result >= 0 { return result }
            if errno != EINTR { throw VolumeError(operation, path, code: errno) }
        }
    }
}
