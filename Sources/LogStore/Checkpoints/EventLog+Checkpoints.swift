internal import EventCore

/// The result of looking for a checkpoint.
package struct CheckpointSearch: Sendable {
    /// The newest one that can be trusted.
    package let image: CheckpointImage?
    /// Files that were passed over, and why.
    package let ignored: [(file: String, problem: CheckpointProblem)]
}

extension EventLog {
    /// Writes a checkpoint bound to the sealed end of the log, then removes older ones.
    ///
    /// Failing leaves the log usable: a checkpoint is a cache. At most 166 sections.
    ///
    /// - Throws: `.notSealed` when commits follow the last seal or there was none; `.volume`; `.failedBefore`.
    package func writeCheckpoint(_ sections: [UnsafeRawBufferPointer]) throws(LogError) {
        try checkWritable()
        guard isSealed, let end = sealedEnd else { throw .notSealed }
        let header = CheckpointHeader(
            storeID: storeID, end: end,
            sections: sections.map { section in
                var checksum = Checksum()
                checksum.add(section)
                return (section.count, checksum.value)
            })
        let path = folder.checkpoint(at: end.position)
        let temporary = path + LogFolder.unfinishedSuffix
        do throws(VolumeError) {
            try volume.createFolderIfMissing(folder.checkpoints)
            try write(header, sections, to: temporary)
            try volume.rename(temporary, to: path)
            try volume.syncFolder(folder.checkpoints)
            try removeCheckpoints(except: LogFolder.checkpointName(at: end.position))
        } catch {
            _ = try? volume.removeIfPresent(temporary)
            throw .volume(error)
        }
    }

    /// The newest checkpoint that is whole and bound to this log; none where the options want none.
    ///
    /// Checks every byte of it. What is wrong with others is reported and harms nothing.
    package func readCheckpoint() -> CheckpointSearch {
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

    private func write(_ header: CheckpointHeader, _ sections: [UnsafeRawBufferPointer], to path: String) throws(VolumeError) {
        try volume.removeIfPresent(path)
        let file = try OpenFile(path, .creating, on: volume)
        try file.write(header.bytes, at: 0)
        for (place, bytes) in zip(header.sections, sections) {
            try volume.writeWhole(file.file, at: place.offset, bytes)
        }
        // The padding behind each section is left to the file system, which fills holes with zeros.
        try volume.truncate(file.file, to: header.fileBytes)
        try file.sync()
    }

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
