internal import Glibc

/// The person's editor.
extension Machine {
    /// A file that an editor has been opened on. It stays until it is removed.
    struct EditedFile {
        let folder: String
        let path: String
        let bytes: [UInt8]

        func remove() { Machine.removeFolder(folder) }
    }

    /// Opens `$VISUAL`, else `$EDITOR`, else `vi` on a new temporary file with these bytes, and waits until it is closed.
    static func edit(_ bytes: [UInt8], name: String) throws -> EditedFile {
        let folder = try temporaryFolder(isLeft: true)
        let path = folder + "/" + name
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let failure = file < 0 ? errno : writeAll(bytes, to: file)
        if file >= 0 { close(file) }
        if let failure {
            removeFolder(folder)
            throw ConsoleError(
                code: "temporary-file", "\(path): \(describe(errno: failure))", hint: "set TMPDIR to a folder that can be written")
        }
        let editor = ["VISUAL", "EDITOR"].compactMap { environment($0) }.first { !$0.trimmed.isEmpty } ?? "vi"
        let status = try runInTerminal(editor + " \"$@\"", path)
        guard status == 0 else {
            removeFolder(folder)
            throw ConsoleError(
                code: "editor", "the editor “\(editor)” ended with status \(status); nothing was written",
                hint: "set VISUAL or EDITOR to an editor that waits until the file is closed")
        }
        guard access(path, F_OK) == 0 else {
            removeFolder(folder)
            throw ConsoleError(code: "editor", "the editor “\(editor)” left no file; nothing was written")
        }
        return EditedFile(folder: folder, path: path, bytes: try InputFile.read(path))
    }

    /// Runs a line of shell with one argument on this terminal. An interrupt is the child's alone meanwhile.
    private static func runInTerminal(_ line: String, _ argument: String) throws -> Int32 {
        var (ignore, interrupt, quit) = (sigaction(), sigaction(), sigaction())
        ignore.__sigaction_handler.sa_handler = SIG_IGN
        sigaction(SIGINT, &ignore, &interrupt)
        sigaction(SIGQUIT, &ignore, &quit)
        defer {
            sigaction(SIGINT, &interrupt, nil)
            sigaction(SIGQUIT, &quit, nil)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGINT, SIGQUIT, SIGPIPE] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        let words = ["sh", "-c", line, "syncline", argument]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let status = posix_spawn(&child, "/bin/sh", nil, &attributes, &arguments, environ)
        guard status == 0 else { throw ConsoleError(code: "editor", "the editor cannot be started: \(describe(errno: status))") }
        return wait(for: child)
    }
}
