internal import ArgumentParser
internal import EventCore
internal import Glibc

/// This program as a process, and others of it.
extension Machine {
    /// The most memory that this process has held, in bytes.
    ///
    /// Linux's count for this address space: what `getrusage` says would begin with what the process that started this one held.
    static var peakMemoryBytes: Int {
        let status = (try? InputFile.read("/proc/self/status")) ?? []
        guard let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = Int(line.filter(\.isNumber))
        else { return 0 }
        return kibibytes * 1024
    }

    /// Runs this program with other words; what it says on stderr is seen.
    ///
    /// - Returns: the object in the last line of its results.
    /// - Throws: its exit status when that is not 0.
    static func objectOfSelf(_ words: [String]) throws -> JSONValue {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw cannotStart(errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let child: pid_t
        do {
            defer { close(ends[1]) }
            child = try start(words, results: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
        let results = readAll(ends[0])
        close(ends[0])
        let status = wait(for: child)
        guard status == 0 else { throw ExitCode(status) }
        guard let last = results.split(separator: UInt8(ascii: "\n")).last, let object = try? JSONValue(json: last) else {
            throw ConsoleError(code: "internal", "\(words.joined(separator: " ")) printed no object", hint: "please report this")
        }
        return object
    }

    /// Starts this program; `results` becomes its stdout.
    private static func start(_ words: [String], results: Int32) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, results, STDOUT_FILENO)
        var arguments: [UnsafeMutablePointer<CChar>?] = (["syncline"] + words).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, "/proc/self/exe", &actions, nil, &arguments, environ)
        guard status == 0 else { throw cannotStart(status) }
        return child
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }

    static func wait(for child: pid_t) -> Int32 {
        var result: Int32 = 0
        while waitpid(child, &result, 0) < 0 && errno == EINTR {}
        // The status of a child that exited lies in the second byte; one that was ended by a signal has none.
        return result & 0x7F == 0 ? result >> 8 & 0xFF : 1
    }

    private static func cannotStart(_ code: Int32) -> ConsoleError {
        ConsoleError(code: "io", "this program cannot start itself: \(describe(errno: code))")
    }
}
