import Foundation

/// The project's own source files, as text.
struct SourceTree {
    struct File: CustomStringConvertible {
        let path: String
        let lines: [String]

        var description: String { path }
        /// The target that the file belongs to.
        var target: String { path.split(separator: "/")[1].description }
        var isSwift: Bool { path.hasSuffix(".swift") }
    }

    let files: [File]

    init(folders: [String] = ["Sources", "Tests", "Benchmarks"]) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        var files: [File] = []
        for folder in folders {
            guard let walk = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil) else {
                continue
            }
            for case let url as URL in walk where ["swift", "c", "h", "py"].contains(url.pathExtension) {
                let text = try String(contentsOf: url, encoding: .utf8)
                files.append(
                    File(
                        path: String(url.path().dropFirst(root.path().count)),
                        lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
            }
        }
        self.files = files.sorted { $0.path < $1.path }
    }

    func swift(in folder: String) -> [File] { files.filter { $0.isSwift && $0.path.hasPrefix(folder + "/") } }
}
