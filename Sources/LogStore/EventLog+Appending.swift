internal import EventCore

extension EventLog {
    /// Adds blocks as one commit at the end: after an interruption all of them are there or none. Not durable before `sync`.
    ///
    /// One write call for up to a megabyte. Checks every block's checksum first.
    ///
    /// - Throws: `.invalidBlock` with nothing done; `.appendFailed`, after which only opening anew helps; `.failedBefore`.
    package func append(_ blocks: [LogBlock]) throws(LogError) {
        try checkWritable()
        guard !blocks.isEmpty else { return }
        let headers = try Self.headers(of: blocks)
        do throws(VolumeError) { try startSegmentIfNeeded() } catch {
            fail(error)
            throw .appendFailed(error, nothingWritten: true)
        }
        do throws(VolumeError) { try write(blocks, headers) } catch {
            fail(error)
            throw .appendFailed(error, nothingWritten: cutBack())
        }
    }

    /// Makes everything appended durable and moves the acknowledged mark behind it. Does nothing when nothing was appended.
    ///
    /// - Throws: `.syncFailed`, after which only opening anew helps; `.failedBefore`.
    package func sync() throws(LogError) {
        try checkWritable()
        guard var segment = active, !segment.isSynced else { return }
        do throws(VolumeError) {
            try segment.file.sync()
            syncCount += 1
            segment.mark = segment.nextMark
            segment.isMarkSynced = false
            let offset = AcknowledgedMark.slotOffset(generation: segment.mark.generation)
            try segment.file.write(segment.mark.bytes(in: segment.header), at: offset)
        } catch {
            fail(error)
            throw .syncFailed(error)
        }
        active = segment
    }

    /// `append` and `sync`.
    package func commit(_ blocks: [LogBlock]) throws(LogError) {
        try append(blocks)
        try sync()
    }

    private static func headers(of blocks: [LogBlock]) throws(LogError) -> [BlockHeader] {
        var headers: [BlockHeader] = []
        headers.reserveCapacity(blocks.count)
        for block in blocks { headers.append(try header(of: block)) }
        return headers
    }

    /// Reads and checks a block's header; the block is exactly as long as it says.
    static func header(of block: LogBlock) throws(LogError) -> BlockHeader {
        let result = block.bytes.withUnsafeBytes { bytes -> Result<BlockHeader, BlockError> in
            do throws(BlockError) { return .success(try BlockHeader(checking: bytes)) } catch { return .failure(error) }
        }
        switch result {
        case .failure(let error): throw .invalidBlock(error)
        case .success(let header):
            guard header.blockBytes == block.bytes.count else { throw .invalidBlock(.malformed(offset: header.blockBytes)) }
            return header
        }
    }

    private func startSegmentIfNeeded() throws(VolumeError) {
        guard active == nil else { return }
        let before = sealed.last
        let header = SegmentHeader(
            isSealed: false, storeID: storeID, number: (before?.name.number ?? 0) + 1, first: end,
            digestBefore: before?.tail.digest ?? .none)
        active = try ActiveSegment.create(header, in: folder, on: volume)
    }

    /// Writes the commit and, when all of it is written, lets the active segment end behind it.
    private func write(_ blocks: [LogBlock], _ headers: [BlockHeader]) throws(VolumeError) {
        makeRoom(for: blocks.reduce(CommitMark.sizeBytes) { $0 + $1.bytes.count })
        // The segment itself stays where it is: a copy at hand would make its list of blocks be copied for each commit.
        guard let file = active?.file, var chain = active?.chain, let start = active?.endOffset else { return }
        var offset = start
        var entries: [BlockIndexEntry] = []
        scratch.removeAll(keepingCapacity: true)
        for (block, header) in zip(blocks, headers) {
            entries.append(
                BlockIndexEntry(offset: offset + scratch.count, first: chain.position, header: header, ranges: block.ranges))
            chain.add(header)
            scratch += block.bytes
            if scratch.count >= Self.chunkBytes {
                try file.write(scratch, at: offset)
                offset += scratch.count
                scratch.removeAll(keepingCapacity: true)
            }
        }
        scratch += chain.end(at: offset + scratch.count).bytes
        try file.write(scratch, at: offset)
        let end = offset + scratch.count
        appendedBytes += end - start
        active?.chain = chain
        active?.endOffset = end
        if let size = active?.sizeBytes, size < end { active?.sizeBytes = end }
        active?.blocks += entries
    }

    /// Takes back what a failed append wrote, so that the next opening finds a clean end.
    ///
    /// - Returns: whether that worked.
    private func cutBack() -> Bool {
        guard let file = active?.file, let end = active?.endOffset else { return true }
        do throws(VolumeError) {
            try volume.truncate(file.file, to: end)
            return true
        } catch {
            return false
        }
    }

    private static var chunkBytes: Int { 1024 * 1024 }
}
