internal import Glibc

/// Reads whole files for people: `-` is stdin, `.gz` is seen by its first bytes.
enum InputFile {
    /// All bytes of a file, or of a pipe; inflated when they are gzip.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ConsoleError(code: "no-file", "\(path): \(Machine.describe(errno: errno))", hint: "- reads from a pipe")
        }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        let bytes = try bytes(of: descriptor, path)
        guard Gzip.isGzip(bytes) else { return bytes }
        do throws(Gzip.Failure) { return try Gzip.inflate(bytes) } catch {
            let what = error == .truncated ? "ends inside the compressed data" : "is damaged: the compressed data is not what was written"
            throw ConsoleError(code: "bad-gzip", "\(path) \(what)", hint: "nothing was written; get the file again")
        }
    }

    private static func bytes(of descriptor: Int32, _ path: String) throws -> [UInt8] {
        var facts = stat()
        let size = fstat(descriptor, &facts) == 0 ? Int(facts.st_size) : 0
        var bytes = [UInt8](repeating: 0, count: max(size + 1, 1 << 16))
        var count = 0
        while true {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: bytes.count) }
            let added = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count) }
            if added < 0 {
                if errno == EINTR { continue }
                throw ConsoleError(code: "io", "\(path): \(Machine.describe(errno: errno))", hint: "nothing was written")
            }
            if added == 0 { break }
            count += added
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
