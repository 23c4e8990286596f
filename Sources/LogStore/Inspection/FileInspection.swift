package import EventCore

/// The text of one file of a log, as `inspect` shows it: a pure function of the bytes, which may be damaged.
package struct FileInspection: Sendable {
    /// Says what a block holds, a line each; the payload's meaning is not the log's.
    package typealias Description = @Sendable (BlockHeader, UnsafeRawBufferPointer) -> [String]

    /// The lines, without line ends.
    package private(set) var lines: [String] = []
    let bytes: [UInt8]
    let describe: Description

    /// Looks at the bytes of a segment or a checkpoint.
    package init(of bytes: [UInt8], describing describe: @escaping Description = { _, _ in [] }) {
        self.bytes = bytes
        self.describe = describe
        if bytes.starts(with: CheckpointHeader.magic) { inspectCheckpoint() } else { inspectSegment() }
    }

    mutating func add(_ offset: Int, _ text: String) { lines.append("\(offset.padded(to: 9))  \(text)") }

    mutating func add(_ text: String) { lines.append("           \(text)") }
}

extension EventLog {
    /// The lines that `inspect` shows of a segment or checkpoint. Reads the whole file, never writes, and reads damaged files too.
    package static func inspect(
        _ path: String, on volume: Storage, describing describe: @escaping FileInspection.Description = { _, _ in [] }
    ) throws(LogError) -> [String] {
        do throws(VolumeError) {
            let file = try OpenFile(path, .reading, on: volume)
            return FileInspection(of: try file.read(at: 0, count: try file.sizeBytes), describing: describe).lines
        } catch {
            throw .volume(error)
        }
    }
}

extension Range<Position> {
    /// `3..<7`.
    var text: String { "\(lowerBound.index)..<\(upperBound.index)" }
}
