internal import EventCore
internal import Glibc

/// The only writer to stdout and stderr. Results go to stdout, buffered; everything else to stderr, at once.
final class Output {
    private var buffer: [UInt8] = []
    private static let pieceBytes = 1 << 16

    /// Whether stderr is a terminal: only then progress is shown.
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// A line of results, its control characters escaped.
    func line(_ text: String) {
        write(Array(Printable.escaped(text).utf8) + [0x0A])
    }

    /// Results as they are: JSON, dumps.
    func write(_ bytes: [UInt8]) {
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

    func flush() {
        Self.writeAll(buffer, to: STDOUT_FILENO)
        buffer.removeAll(keepingCapacity: true)
    }

    /// A line for the person at the terminal, beside the results.
    func note(_ text: String) {
        flush()
        Self.writeAll(Array(Printable.escaped(text).utf8) + [0x0A], to: STDERR_FILENO)
    }

    /// An error as one JSON object on stderr.
    func errorObject(_ error: ConsoleError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.string(error.sentence)
        writer.key("code")
        writer.string(error.code)
        writer.key("hint")
        writer.string(error.hint ?? "")
        writer.endObject()
        writer.endLine()
        flush()
        Self.writeAll(writer.bytes, to: STDERR_FILENO)
    }

    /// Replaces the terminal's current line on stderr; an empty text clears it.
    func progress(_ text: String) {
        Self.writeAll(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO)
    }

    /// A reader that went away ends the program quietly, as `head` does to its writer.
    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                exit(errno == EPIPE ? 0 : 1)
            }
            done += count
        }
    }
}
