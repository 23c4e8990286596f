internal import EventCore

/// JSON lines → events, each checked, errors named by file, line and column.
enum EventLines {
    /// Blank lines are passed over.
    static func read(_ path: String) throws -> [Event] {
        let bytes = try InputFile.read(path)
        do throws(JSONError) {
            return try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in try events(buffer) }
        } catch {
            throw ConsoleError(
                code: "bad-line", "\(path == "-" ? "the input" : path): \(Sentences.json(error))",
                hint: "nothing was written; mend the line and import again")
        }
    }

    private static func events(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> [Event] {
        var events: [Event] = []
        var parser = EventParser()
        var start = 0
        var line = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count && bytes[end] != 0x0A { end += 1 }
            line += 1
            let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
            if !text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { events.append(try parser.event(text, line: line)) }
            start = end + 1
        }
        return events
    }
}
