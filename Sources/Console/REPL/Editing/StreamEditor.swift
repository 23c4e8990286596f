internal import EventCore
internal import Glibc

/// Lines of a pipe or a file, without a prompt.
final class StreamEditor: LineEditor {
    let isInteractive = false
    private let descriptor: Int32
    private var bytes: [UInt8] = []
    private var isAtEnd = false

    private static let pieceBytes = 1 << 16
    private static let lineBytesLimit = 16 << 20

    init(descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

    func nextLine(_ prompt: () -> StyledText) throws -> EditedLine {
        var searched = 0
        while true {
            if let end = bytes[searched...].firstIndex(of: 0x0A) {
                defer { bytes.removeFirst(end + 1) }
                return .text(try Self.text(bytes[..<end]))
            }
            searched = bytes.count
            guard searched <= Self.lineBytesLimit else {
                // What follows belongs to that line: nothing of it may be taken for a command.
                (bytes, isAtEnd) = ([], true)
                throw ConsoleError.usage("a line has more than \(Self.lineBytesLimit) bytes")
            }
            if isAtEnd {
                defer { bytes = [] }
                return bytes.isEmpty ? .end : .text(try Self.text(bytes[...]))
            }
            try readMore()
        }
    }

    private func readMore() throws {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = read(descriptor, &piece, piece.count)
        if count < 0 && errno == EINTR { return }
        guard count >= 0 else {
            isAtEnd = true
            bytes = []
            throw ConsoleError(code: "io", "the script cannot be read: \(Machine.describe(errno: errno))")
        }
        if count == 0 { isAtEnd = true } else { bytes += piece[..<count] }
    }

    static func text(_ line: ArraySlice<UInt8>) throws -> String {
        guard line.isValidUTF8 else { throw ConsoleError.usage("the line is not UTF-8") }
        return String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
}
