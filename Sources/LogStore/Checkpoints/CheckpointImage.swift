internal import EventCore

/// A checkpoint that was found whole: its bytes in memory, given back with this object.
///
/// They are mapped privately: writing to them changes neither the file nor another image. Who holds the image says which task
/// may write to them.
package final class CheckpointImage: @unchecked Sendable {
    /// The end of the log at which it was taken.
    package let end: SealedEnd
    /// The sections as they were given, each at a page's beginning. They hold as long as this object.
    package let sections: [UnsafeMutableRawBufferPointer]
    let header: CheckpointHeader
    private let unmap: () -> Void

    /// Reads a file and checks all of it.
    init<Storage: Volume>(_ path: String, on volume: Storage) throws(CheckpointProblem) {
        let (header, bytes) = try Self.map(path, on: volume)
        self.header = header
        end = header.end
        unmap = { volume.unmap(bytes) }
        sections = header.sections.map {
            UnsafeMutableRawBufferPointer(rebasing: bytes[$0.offset..<($0.offset + $0.sizeBytes)])
        }
        for (section, bytes) in zip(header.sections, sections) {
            var checksum = Checksum()
            checksum.add(UnsafeRawBufferPointer(bytes))
            guard checksum.value == section.checksum else { throw .damaged(offset: section.offset) }
        }
    }

    deinit { unmap() }

    private static func map<Storage: Volume>(
        _ path: String, on volume: Storage
    ) throws(CheckpointProblem) -> (CheckpointHeader, UnsafeMutableRawBufferPointer) {
        let (file, fileBytes, page): (OpenFile<Storage>, Int, [UInt8])
        do throws(VolumeError) {
            file = try OpenFile(path, .reading, on: volume)
            fileBytes = try file.sizeBytes
            page = try file.read(at: 0, count: CheckpointHeader.sizeBytes)
        } catch {
            throw .unreadable(error)
        }
        let header = try CheckpointHeader(reading: page, fileBytes: fileBytes)
        do throws(VolumeError) {
            return (header, try volume.map(file.file, sizeBytes: fileBytes))
        } catch {
            throw .unreadable(error)
        }
    }
}
