import EventCore
import LogStore

extension FileInspection {
    /// All lines of a file's text.
    static func lines(of bytes: [UInt8], describing describe: @escaping Description = { _, _ in [] }) -> [String] {
        var lines: [String] = []
        inspect(bytes, describing: describe) { lines.append($0) }
        return lines
    }
}

extension EventLog {
    /// All lines of a file's text.
    static func inspected(_ path: String, on volume: Storage) throws -> [String] {
        var lines: [String] = []
        try inspect(path, on: volume) { lines.append($0) }
        return lines
    }
}
