internal import EventCore
internal import Glibc

/// The only writer to stdout and stderr. Results go to stdout, buffered; everything else to stderr, at once.
final class Output {
    private var buffer: [UInt8] = []
    private static let pieceBytes = 1 << 16
    /// On the clock that never goes back.
    private var lastFlush = 0.0

    /// Whether an error is one JSON object.
    private let isJSON: Bool
    /// The exit status when the reader of the results goes away: that of the command, where it is known before they are printed.
    var statusAtClosedPipe: Int32 = 0

    /// Whether results are dropped from here on: at a prompt Ctrl-C ends a command's output, not the program.
    /// Whether somebody has ended the line that this is the answer to.
    let isUnwanted: () -> Bool
    private lazy var isColored = Terminal.isColored

    /// Whether progress is: only where stderr is a terminal, and nobody types at it.
    let showsProgress: Bool

    init(isJSON: Bool = false, showsProgress: Bool = true, isUnwanted: @escaping () -> Bool = { false }) {
        self.isJSON = isJSON
        self.showsProgress = showsProgress && Self.isErrorTerminal && !Terminal.isDumb
        self.isUnwanted = isUnwanted
    }

    /// Whether stderr is a terminal.
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// A line of results, its control characters escaped.
    func line(_ text: String) {
        append(Array(Printable.escaped(text).utf8) + [0x0A])
    }

    /// A line of results with colours, on a terminal that has them.
    func line(_ text: StyledText) {
        append(Array(text.rendered(isColored: isColored).utf8) + [0x0A])
    }

    /// Results as they are: JSON, tables, dumps. On a terminal their control characters are escaped, too; in JSON that means the same.
    func write(_ bytes: [UInt8]) { append(Terminal.hasOutput ? Printable.escapedLines(bytes) : bytes) }

    func write(_ bytes: UnsafeRawBufferPointer) { if Terminal.hasOutput { write(Array(bytes)) } else { append(bytes) } }

    private func append(_ bytes: some Sequence<UInt8>) {
        buffer += bytes
        if buffer.count >= Self.pieceBytes { flush() }
    }

    /// One JSON object as a line of results.
    func object(_ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.beginObject()
        body(&writer)
        writer.endObject()
        writer.endLine()
        write(writer.bytes)
    }

    /// Gives out what there is when the last time is a while ago: the first lines of slow results come at once, many quick ones together.
    func flushIfSlow() {
        let now = Machine.monotonicSeconds
        if now - lastFlush > 0.05 { flush() }
    }

    func flush() {
        lastFlush = Machine.monotonicSeconds
        if !isUnwanted() { writeResults(buffer) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// A line for the person at the terminal, beside the results. That nobody reads it changes nothing of what the command does.
    func note(_ text: String) {
        flush()
        _ = Machine.writeAll(Array(Printable.escaped(text).utf8) + [0x0A], to: STDERR_FILENO)
    }

    /// What did not work, on stderr: a sentence and what to do, or one JSON object.
    ///
    /// - Parameter place: where in a script it happened.
    func report(_ error: ConsoleError, at place: String? = nil) {
        guard isJSON else {
            // Only the words about usage have lines of their own; a line break in data is data.
            func lines(_ text: String) -> [String] {
                error.status == .usage ? text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : [text]
            }
            for (index, line) in lines(error.sentence).enumerated() {
                note((index == 0 ? "syncline: " + (place.map { $0 + ": " } ?? "") : "") + line)
            }
            for line in error.hint.map(lines) ?? [] { note("  " + line) }
            return
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.string((place.map { $0 + ": " } ?? "") + error.sentence)
        writer.key("code")
        writer.string(error.code)
        writer.key("hint")
        writer.string(error.hint ?? "")
        writer.endObject()
        writer.endLine()
        flush()
        _ = Machine.writeAll(Self.isErrorTerminal ? Printable.escapedLines(writer.bytes) : writer.bytes, to: STDERR_FILENO)
    }

    /// A line of a server's log, as it is.
    static func log(_ line: [UInt8]) { _ = Machine.writeAll(line, to: STDERR_FILENO) }

    /// Replaces the terminal's current line on stderr, below the results so far; an empty text clears it.
    func progress(_ text: String) {
        flush()
        // One that goes on in a second line cannot be replaced.
        let line = Printable.cut(text, to: max(1, Terminal.columns(behind: STDERR_FILENO) - 1))
        _ = Machine.writeAll(Array("\r\u{1B}[K\(line)".utf8), to: STDERR_FILENO)
    }

    /// A reader that went away ends the program quietly, as `head` does to its writer. Results that cannot be written are an error.
    private func writeResults(_ bytes: [UInt8]) {
        guard let code = Machine.writeAll(bytes, to: STDOUT_FILENO) else { return }
        if code == EPIPE { exit(statusAtClosedPipe) }
        let error = ConsoleError(
            code: code == ENOSPC ? "disk-full" : "io", "the results cannot be written: \(Machine.describe(errno: code))",
            hint: "what the store has acknowledged stays; print the results elsewhere")
        buffer.removeAll()
        report(error)
        exit(error.status.rawValue)
    }
}
