/// Bytes put aside until they are needed again: in memory while they are few, then in a file of the log's folder.
///
/// It is no part of the log and is never synced. The file has no name once it is open, so it goes with the last reference, and with the process.
package final class Spool<Storage: Volume> {
    private let volume: Storage
    private let path: String
    private let memoryBytes: Int
    private var file: OpenFile<Storage>?
    private var fileBytes = 0
    /// What is not in the file yet.
    private var tail: [UInt8] = []

    init(_ path: String, on volume: Storage, memoryBytes: Int) {
        self.path = path
        self.volume = volume
        self.memoryBytes = memoryBytes
    }

    /// Adds bytes at the end.
    ///
    /// - Returns: where they begin.
    /// - Throws: `.volume`, for example when the disk is full.
    package func append(_ bytes: [UInt8]) throws(LogError) -> Int {
        if tail.count + bytes.count > memoryBytes && !tail.isEmpty {
            do throws(VolumeError) { try moveTailToFile() } catch { throw .volume(error) }
        }
        let offset = fileBytes + tail.count
        tail += bytes
        return offset
    }

    /// Reads bytes that one `append` added, or some of them.
    package func read(at offset: Int, count: Int) throws(LogError) -> [UInt8] {
        guard let file, offset < fileBytes else { return Array(tail[(offset - fileBytes)..<(offset - fileBytes + count)]) }
        do throws(VolumeError) {
            let bytes = try file.read(at: offset, count: count)
            guard bytes.count == count else { throw VolumeError(.read, path, code: Self.inputOutputError) }
            return bytes
        } catch { throw .volume(error) }
    }

    private func moveTailToFile() throws(VolumeError) {
        let file = if let file { file } else { try Self.nameless(path, on: volume) }
        self.file = file
        try file.write(tail, at: fileBytes)
        fileBytes += tail.count
        tail.removeAll(keepingCapacity: true)
    }

    private static func nameless(_ path: String, on volume: Storage) throws(VolumeError) -> OpenFile<Storage> {
        try volume.removeIfPresent(path)
        let file = try OpenFile(path, .creating, on: volume)
        try volume.remove(path)
        return file
    }

    private static var inputOutputError: Int32 { 5 }
}

extension EventLog {
    /// Room beside the log for what is on its way into it; `memoryBytes` of it stay in memory.
    package func spool(memoryBytes: Int) -> Spool<Storage> {
        precondition(access == .writing)
        return Spool(folder.spool, on: volume, memoryBytes: memoryBytes)
    }
}
