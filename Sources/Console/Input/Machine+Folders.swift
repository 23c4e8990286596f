internal import Glibc

/// What lies in folders, for whoever types paths.
extension Machine {
    /// The names in a folder that are text, in no order, without `.` and `..`; none where it cannot be read.
    static func entries(ofFolder path: String) -> [(name: String, isFolder: Bool)] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var entries: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(validating: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let name, name != ".", name != ".." else { continue }
            entries.append((name, isFolder: isFolder(path + "/" + name)))
        }
        return entries
    }
}
