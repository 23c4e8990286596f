internal import Glibc

/// A file for people that is read piece by piece: `-` is stdin, `.gz` is seen by its first bytes.
///
/// What is no regular file is a pipe: it is copied into a temporary file first, so that nobody waits for its writer while the store is locked.
final class InputFile {
    private let path: String
    private var descriptor: Int32
    private var inflater: Inflater?
    private var isAtStart = true

    /// Bytes of the file, as they lie there.
    private(set) var sizeBytes: Int
    /// How many of them have been read.
    private(set) var doneBytes = 0

    private static let pieceBytes = 1 << 18

    init(_ path: String) throws {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        sizeBytes = 0
        guard descriptor >= 0 else {
            throw ConsoleError(code: "no-file", "\(path): \(Machine.describe(errno: errno))", hint: "- reads from a pipe")
        }
        var facts = stat()
        if fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG {
            sizeBytes = Int(facts.st_size)
        } else {
            try spool()
        }
    }

    deinit { close(descriptor) }

    /// All bytes of a file, or of a pipe; inflated when they are gzip.
    static func read(_ path: String) throws -> [UInt8] {
        let file = try InputFile(path)
        var bytes: [UInt8] = []
        while true {
            let piece = try file.next()
            guard !piece.isEmpty else { return bytes }
            bytes += piece
        }
    }

    /// The next bytes, inflated when the file is gzip; none at the end.
    func next() throws -> [UInt8] {
        guard let inflater else {
            let piece = try piece()
            guard isAtStart, Gzip.isGzip(piece) else {
                isAtStart = false
                return piece
            }
            let inflater = Inflater()
            self.inflater = inflater
            var first: [UInt8]? = piece
            return try inflated(by: inflater) {
                defer { first = nil }
                return try first ?? self.piece()
            }
        }
        return try inflated(by: inflater, piece)
    }

    private func inflated(by inflater: Inflater, _ more: () throws -> [UInt8]) throws -> [UInt8] {
        do { return try inflater.next(more) } catch let error as Inflater.Failure {
            let what = error == .truncated ? "ends inside the compressed data" : "is damaged: the compressed data is not what was written"
            throw ConsoleError(code: "bad-gzip", "\(path) \(what)", hint: "nothing was written; get the file again")
        }
    }

    private func piece() throws -> [UInt8] {
        var code: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { target, count in
            // A pipe gives little at a time: only none is the end.
            while count < target.count {
                let added = Glibc.read(descriptor, target.baseAddress.map { $0 + count }, target.count - count)
                if added < 0 && errno == EINTR { continue }
                if added < 0 { code = errno }
                guard added > 0 else { return }
                count += added
            }
        }
        guard code == 0 else { throw ConsoleError(code: "io", "\(path): \(Machine.describe(errno: code))", hint: "nothing was written") }
        doneBytes += piece.count
        return piece
    }

    /// Goes on with a temporary file that has all bytes of the pipe and no name, so that it goes with the process.
    private func spool() throws {
        let pipe = descriptor
        defer { close(pipe) }
        descriptor = -1
        let file = try Machine.temporaryFile()
        defer { descriptor = file }
        descriptor = pipe
        while true {
            let piece = try piece()
            if piece.isEmpty { break }
            if let code = Machine.writeAll(piece, to: file) {
                throw ConsoleError(
                    code: code == ENOSPC ? "disk-full" : "io", "the pipe cannot be put aside: \(Machine.describe(errno: code))",
                    hint: "nothing was written; set TMPDIR to a folder with room")
            }
        }
        (sizeBytes, doneBytes) = (doneBytes, 0)
        lseek(file, 0, SEEK_SET)
    }
}
