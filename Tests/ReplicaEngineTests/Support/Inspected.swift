import ReplicaEngine

extension Replica {
    /// All lines of a file's text.
    static func inspected(_ file: String, on volume: Storage) throws -> [String] {
        var lines: [String] = []
        try inspect(file, on: volume) { lines.append($0) }
        return lines
    }
}
