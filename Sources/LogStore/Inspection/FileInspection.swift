package import EventCore

/// The text of one file of a log, as `inspect` shows it: a pure function of the bytes, which may be damaged.
package struct FileInspection {
    /// Says what a block holds, a line each; the payload's meaning is not the log's.
    package typealias Description = (BlockHeader, UnsafeRawBufferPointer) -> [String]

    let bytes: [UInt8]
    let describe: Description
    private let take: (String) -> Void

    /// Looks at the bytes of a segment or a checkpoint, and calls `body` with each line, without its end, as soon as it is known.
    package static func inspect(_ bytes: [UInt8], describing describe: @escaping Description = { _, _ in [] }, _ body: (String) -> Void) {
        withoutActuallyEscaping(body) { body in
            let inspection = FileInspection(bytes: bytes, describe: describe, take: body)
            if bytes.starts(with: CheckpointHeader.magic) { inspection.inspectCheckpoint() } else { inspection.inspectSegment() }
        }
    }

    func add(_ offset: Int, _ text: String) { take("\(offset.padded(to: 9))  \(text)") }

    func add(_ text: String) { take("           \(text)") }
}

extension EventLog {
    /// Calls `body` with the lines that `inspect` shows of a segment or checkpoint. Reads the whole file, never writes, and reads damaged files too.
    package static func inspect(
        _ path: String, on volume: Storage, describing describe: @escaping FileInspection.Description = { _, _ in [] },
        _ body: (String) -> Void
    ) throws(LogError) {
        let bytes: [UInt8]
        do throws(VolumeError) {
            let file = try OpenFile(path, .reading, on: volume)
            bytes = try file.read(at: 0, count: try file.sizeBytes)
        } catch {
            throw .volume(error)
        }
        FileInspection.inspect(bytes, describing: describe, body)
    }
}

extension Range<Position> {
    /// `3..<7`.
    var text: String { "\(lowerBound.index)..<\(upperBound.index)" }
}
