internal import EventCore
internal import Glibc
internal import SyncClient

/// The console's adapter to what differs from run to run, beside `Host`: environment, processes, files of its own.
enum Machine {
    /// The wall clock's milliseconds since 1970.
    static var wall: UInt64 { Host.wall }

    /// Seconds of a clock that never goes back, for measuring.
    static var monotonicSeconds: Double { Host.monotonicSeconds }

    static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        return String(cString: value)
    }

    static var currentFolder: String {
        guard let path = getcwd(nil, 0) else { return "." }
        defer { free(path) }
        return String(cString: path)
    }

    static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "device" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static var process: Int32 { Host.process }

    /// Opens what the caller had closed of stdin, stdout and stderr.
    ///
    /// A file of the store would get the free number otherwise, and what is printed would be written into it.
    static func openStandardDescriptors() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is given, so this opens `descriptor` itself.
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Whether every word that the program was started with is UTF-8; the standard library would mend it in silence.
    static var areArgumentsUTF8: Bool {
        (0..<Int(CommandLine.argc)).allSatisfy { index in
            guard let word = CommandLine.unsafeArgv[index] else { return true }
            return UnsafeBufferPointer(start: word, count: strlen(word)).lazy.map { UInt8(bitPattern: $0) }.isValidUTF8
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }

    static func isFile(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }

    /// A file's size; 0 when there is none.
    static func fileBytes(_ path: String) -> Int {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int(facts.st_size) : 0
    }

    /// The path behind links; the same where there is none.
    static func realPath(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// Seconds that all threads of this process have had on processors.
    static var processorSeconds: Double {
        var used = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used)
        return Double(used.tv_sec) + Double(used.tv_nsec) * 1e-9
    }

    /// The system's words for an error number.
    static func describe(errno code: Int32) -> String { Host.describe(errno: code) }

    /// A new file among the temporary ones, open for reading and writing. It has no name any more, so it goes when it is closed.
    static func temporaryFile() throws -> Int32 {
        let folder = environment("TMPDIR") ?? "/tmp"
        var template = Array((folder + "/syncline-XXXXXX").utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else {
            throw ConsoleError(
                code: "temporary-file", "no temporary file can be made in \(folder): \(describe(errno: errno))",
                hint: "set TMPDIR to a folder that can be written")
        }
        unlink(template)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        return file
    }

    /// Writes all bytes, waiting where the descriptor does not block; the error number when that fails.
    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count < 0 else {
                done += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, -1)
            default: return errno
            }
        }
        return nil
    }

    /// How long `count` writes of `byteCount` bytes behind each other take, each synced, into space that was written before: what the disk can do.
    static func secondsOfSyncedWrites(in path: String, count: Int, byteCount: Int) throws(ConsoleError) -> Double {
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer {
            close(file)
            unlink(path)
        }
        let bytes = [UInt8](repeating: 7, count: byteCount)
        func write(_ index: Int) -> Bool {
            bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, byteCount, off_t(index * byteCount)) } == byteCount
        }
        guard file >= 0, (0..<count).allSatisfy(write), fdatasync(file) == 0 else {
            throw ConsoleError(code: "io", "\(path): \(describe(errno: errno))")
        }
        let start = monotonicSeconds
        guard (0..<count).allSatisfy({ write($0) && fdatasync(file) == 0 }) else {
            throw ConsoleError(code: "io", "\(path): \(describe(errno: errno))")
        }
        return monotonicSeconds - start
    }
}
