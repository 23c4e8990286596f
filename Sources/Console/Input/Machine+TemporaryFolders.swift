internal import CReadline
internal import Glibc
internal import SyncClient
internal import Synchronization

/// Folders among the temporary files. They go with the process, however it ends by itself: also where a reader of the results goes away.
extension Machine {
    private static let temporaryFolders = Mutex<Set<String>>([])
    private static let removalsTried = 10
    private static let removesAtExit: Void = { atexit { Machine.removeTemporaryFolders() } }()

    /// A new folder of its own.
    ///
    /// - Parameter isLeft: whether it stays when the process ends, unless it is removed before.
    static func temporaryFolder(isLeft: Bool = false) throws -> String {
        var template = Array(((environment("TMPDIR") ?? "/tmp") + "/syncline-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ConsoleError(
                code: "temporary-folder", "no temporary folder can be made: \(describe(errno: errno))",
                hint: "set TMPDIR to a folder that can be written")
        }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard !isLeft else { return folder }
        _ = removesAtExit
        temporaryFolders.withLock { _ = $0.insert(folder) }
        return folder
    }

    /// Removes what is not removed yet: before a signal ends the process.
    static func removeTemporaryFolders() {
        for folder in temporaryFolders.withLock({ $0 }) {
            // Another thread may put a file there meanwhile.
            for _ in 0..<removalsTried where isFolder(folder) { removeFolder(folder) }
        }
    }

    /// From now on what a signal ends takes them along, too: for commands that read no lines, as the line editor has the signals otherwise.
    static func removeTemporaryFoldersWhenEnded() throws {
        let signals = syncline_ends_open()
        guard signals >= 0 else { throw ConsoleError(code: "io", "no pipe can be made: \(describe(errno: errno))") }
        try Host.startThread {
            var number: UInt8 = 0
            var waiting = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
            while read(signals, &number, 1) != 1 { poll(&waiting, 1, -1) }
            removeTemporaryFolders()
            syncline_end(Int32(number))
        }
    }

    /// Removes a folder that this process made, and all that is in it.
    static func removeFolder(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let child = path + "/" + name
            var facts = stat()
            // A link to a folder is a link: what it leads to is not ours.
            let isFolder = lstat(child, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
            if isFolder { removeFolder(child) } else { unlink(child) }
        }
        closedir(folder)
        rmdir(path)
        temporaryFolders.withLock { _ = $0.remove(path) }
    }
}
