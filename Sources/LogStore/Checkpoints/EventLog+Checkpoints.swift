internal import EventCore

/// The result of looking for a checkpoint.
package struct CheckpointSearch<Storage: Volume> {
    /// The newest one that may be used, as far as its header and checksums say.
    package let image: CheckpointImage<Storage>?
    /// Files that were passed over, and why.
    package let ignored: [(file: String, problem: CheckpointProblem)]
}

extension EventLog {
    /// Writes a checkpoint bound to the sealed end of the log, then removes older ones.
    ///
    /// Failing leaves the log usable: a checkpoint is a cache. At most 249 sections; they are written from where they lie.
    ///
    /// - Parameter progress: told now and then how many bytes of how many are on the disk.
    /// - Throws: `.notSealed` when commits follow the last seal or there was none; `.volume`; `.failedBefore`.
    package func writeCheckpoint(
        _ sections: [UnsafeRawBufferPointer], progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(LogError) {
        try checkWritable()
        guard isSealed, let end = sealedEnd else { throw .notSealed }
        var header = CheckpointHeader(storeID: storeID, end: end, sectionBytes: sections.map(\.count))
        let path = folder.checkpoint(at: end.position)
        let temporary = path + LogFolder.unfinishedSuffix
        do throws(VolumeError) {
            try volume.createFolderIfMissing(folder.checkpoints)
            try write(&header, sections, to: temporary, progress)
            try volume.rename(temporary, to: path)
            try volume.syncFolder(folder.checkpoints)
            try removeCheckpoints(except: LogFolder.checkpointName(at: end.position))
        } catch {
            _ = try? volume.removeIfPresent(temporary)
            throw .volume(error)
        }
    }

    /// The path of the checkpoint at a sealed end.
    package func checkpointPath(at end: SealedEnd) -> String { folder.checkpoint(at: end.position) }

    /// The newest checkpoint that is bound to this log and whose header and checksums are right; none where the options want none.
    ///
    /// Does not read the sections: whoever takes them in checks what it touches. What is wrong with others is reported and harms nothing.
    package func readCheckpoint() -> CheckpointSearch<Storage> {
        var ignored: [(file: String, problem: CheckpointProblem)] = []
        let names = options.readsCheckpoints ? try? checkpointNames() : nil
        for name in names ?? [] {
            let path = folder.checkpoints + "/" + name
            do throws(CheckpointProblem) {
                let image = try CheckpointImage(path, on: volume)
                guard image.header.storeID == storeID, contains(image.end) else { throw .otherLog }
                return CheckpointSearch(image: image, ignored: ignored)
            } catch {
                ignored.append((path, error))
            }
        }
        return CheckpointSearch(image: nil, ignored: ignored)
    }

    /// Sections, checksums and last the header; synced now and then, so that little waits to be written at the end.
    private func write(
        _ header: inout CheckpointHeader, _ sections: [UnsafeRawBufferPointer], to path: String, _ progress: (Int, Int) -> Void
    ) throws(VolumeError) {
        try volume.removeIfPresent(path)
        let file = try OpenFile(path, .creating, on: volume)
        var table: [UInt8] = []
        var unsynced = 0
        for (place, bytes) in zip(header.sections, sections) {
            for start in stride(from: 0, to: bytes.count, by: Self.writeBytes) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.writeBytes, bytes.count)])
                Self.appendChecksums(of: part, to: &table)
                try volume.writeWhole(file.file, at: place.offset + start, part)
                unsynced += part.count
                guard unsynced >= Self.syncBytes else { continue }
                try file.sync()
                unsynced = 0
                progress(place.offset + start + part.count, header.fileBytes)
            }
        }
        // The padding behind each section is left to the file system, which fills holes with zeros.
        try file.write(table, at: header.tableOffset)
        header.tableChecksum = Checksum.of(table)
        try file.write(header.bytes, at: 0)
        try volume.truncate(file.file, to: header.fileBytes)
        try file.sync()
    }

    /// The checksum of each piece, the last one with the zeros up to its page's end.
    private static func appendChecksums(of bytes: UnsafeRawBufferPointer, to table: inout [UInt8]) {
        for start in stride(from: 0, to: bytes.count, by: CheckpointHeader.pieceBytes) {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + CheckpointHeader.pieceBytes, bytes.count)])
            var checksum = Checksum()
            checksum.add(piece)
            checksum.add([UInt8](repeating: 0, count: piece.count.roundedUp(to: CheckpointHeader.pageBytes) - piece.count))
            table.append(littleEndian: checksum.value)
        }
    }

    /// Written at once, and a multiple of a piece.
    private static var writeBytes: Int { 16 * CheckpointHeader.pieceBytes }
    private static var syncBytes: Int { 64 * 1024 * 1024 }

    /// Newest first.
    private func checkpointNames() throws(VolumeError) -> [String] {
        try volume.names(in: folder.checkpoints).filter { $0.hasSuffix(".checkpoint") }.sorted(by: >)
    }

    private func removeCheckpoints(except name: String) throws(VolumeError) {
        for other in try checkpointNames() where other != name {
            try volume.remove(folder.checkpoints + "/" + other)
        }
    }
}
