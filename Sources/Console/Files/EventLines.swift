internal import EventCore
internal import Glibc

/// JSON lines → events, one after the other, each checked; errors are named by file, line and column. Blank lines are passed over.
enum EventLines {
    /// No line is longer: six bytes for each of the greatest event, as escapes take, leave room for a lot of white space.
    static let lineLimitBytes = 4 * 1024 * 1024

    /// Calls `body` with each event of the file.
    ///
    /// Holds a piece of the file and the line that reaches into the next one.
    static func forEach(in file: InputFile, named path: String, _ body: (Event) throws -> Void) throws {
        var parser = EventParser()
        var line = 0
        /// The beginning of a line that ends in the next piece.
        var rest: [UInt8] = []
        func parse(_ text: UnsafeBufferPointer<UInt8>) throws {
            line += 1
            let event: Event
            do throws(JSONError) {
                guard let found = try parser.eventUnlessBlank(text, line: line) else { return }
                event = found
            } catch { throw failure(path, Sentences.json(error)) }
            try body(event)
        }
        while true {
            let piece = try file.next()
            if piece.isEmpty { break }
            try piece.withUnsafeBufferPointer { piece in
                var start = 0
                while let end = lineEnd(piece, from: start) {
                    if rest.isEmpty {
                        try parse(UnsafeBufferPointer(rebasing: piece[start..<end]))
                    } else {
                        rest += piece[start..<end]
                        try rest.withUnsafeBufferPointer(parse)
                        rest.removeAll(keepingCapacity: true)
                    }
                    start = end + 1
                }
                rest += piece[start...]
            }
            guard rest.count <= lineLimitBytes else {
                throw failure(path, "line \(line + 1), column \(lineLimitBytes + 1): a line has at most \(lineLimitBytes) bytes")
            }
        }
        if !rest.isEmpty { try rest.withUnsafeBufferPointer(parse) }
    }

    private static func lineEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress, let end = memchr(base + start, 0x0A, bytes.count - start) else {
            return nil
        }
        return UnsafeRawPointer(end) - UnsafeRawPointer(base)
    }

    private static func failure(_ path: String, _ sentence: String) -> ConsoleError {
        ConsoleError(
            code: "bad-line", "\(path == "-" ? "the input" : path): \(sentence)",
            hint: "nothing was written; mend the line and import again")
    }
}
