package import EventCore

extension EventLog {
    /// Reads blocks in order, beginning with the one that holds `position`, up to what is appended now.
    ///
    /// Waiting blocks come where they stand, those of segments that hold nothing else included. Where a segment begins at `position`, waiting blocks at the end of the segment before
    /// are not read again: so a checkpoint, which was taken there, has them already.
    ///
    /// - Parameter end: a sealed end of this log to stop at; nil for its end.
    package func blocks(from position: Position, upTo end: SealedEnd? = nil) throws(LogError) -> BlockCursor<Storage> {
        var extents: [BlockExtent<Storage>] = []
        let firstSealed = sealed.firstIndex { $0.tail.endPosition > position || $0.header.first == position } ?? sealed.count
        for index in firstSealed..<max(firstSealed, end?.segment ?? sealed.count) {
            var extent = BlockExtent(sealed[index], in: folder, on: volume)
            if extent.first < position { try begin(&extent, at: position, in: try sealedBlocks(index)) }
            extents.append(extent)
        }
        if let active, end == nil {
            var extent = BlockExtent(active)
            if extent.first < position { try begin(&extent, at: position, in: active.blocks) }
            extents.append(extent)
        }
        return BlockCursor(extents, from: position)
    }

    /// Hands each block from the one that holds `position` on to `body`.
    ///
    /// - Throws: `LogError`, or what `body` throws.
    package func blocks(
        from position: Position, _ body: (Position, UnsafeRawBufferPointer, BlockHeader) throws -> Void
    ) throws {
        let cursor = try blocks(from: position)
        while let block = try cursor.next() { try body(block.first, block.bytes, block.header) }
    }

    /// The block that holds the event at `position`; nil when that lies behind the end.
    ///
    /// O(log n) and one read of the block; the first time in a sealed segment also its index.
    package func block(containing position: Position) throws(LogError) -> StoredBlock? {
        guard position < end else { return nil }
        if let active, position >= active.header.first {
            guard let entry = active.blocks.containing(position) else { return nil }
            return try read(entry, active.file)
        }
        guard let index = sealed.firstIndex(where: { $0.tail.endPosition > position }) else { return nil }
        let blocks = try sealedBlocks(index)
        guard let entry = blocks.containing(position) else {
            throw .corrupt(footerDamage(index, position))
        }
        return try read(entry, try file(ofSealed: index))
    }

    /// Where the newest block of events begins whose range covers `dot`; nil when there is none. Reads no block of a sealed segment, and of each that it looks into the index, once.
    package func start(ofBlockCovering dot: Dot) throws(LogError) -> Position? {
        try findActiveBlocks()
        if let number = active?.byDevice.last(covering: dot) { return active?.blocks[number].first }
        for index in sealed.indices.reversed() {
            let segment = try sealedBlocksByDevice(index)
            if let number = segment.byDevice.last(covering: dot) { return segment.blocks[number].first }
        }
        return nil
    }

    /// The newest block of events that begins before `end` and has one of the device; nil when there is none. Reads that block, and of each segment that it looks into the index, once.
    package func newestBlock(before end: Position, holdingEventsOf device: DeviceID) throws(LogError) -> StoredBlock? {
        func newest(_ blocks: [BlockIndexEntry], _ byDevice: BlocksByDevice) -> BlockIndexEntry? {
            byDevice.last(of: device, below: blocks.index(beginningAt: end)).map { blocks[$0] }
        }
        try findActiveBlocks()
        if let active, let entry = newest(active.blocks, active.byDevice) { return try read(entry, active.file) }
        for index in sealed.indices.reversed() where sealed[index].header.first < end {
            let segment = try sealedBlocksByDevice(index)
            if let entry = newest(segment.blocks, segment.byDevice) { return try read(entry, try file(ofSealed: index)) }
        }
        return nil
    }

    /// Finds out whose events lie in the blocks of the active segment that came since somebody asked last. Blocks that were found by scanning are read.
    func findActiveBlocks() throws(LogError) {
        guard let file = active?.file else { return }
        while let number = active?.byDevice.blockCount, var entry = active?.blocks.dropFirst(number).first {
            if entry.ranges == nil {
                let block = try read(entry, file)
                entry.ranges = block.withBytes { options.deviceRanges(block.header, $0) }
                active?.blocks[number].ranges = entry.ranges
            }
            active?.byDevice.add(entry)
        }
    }

    private func sealedBlocksByDevice(_ index: Int) throws(LogError) -> (blocks: [BlockIndexEntry], byDevice: BlocksByDevice) {
        let blocks = try sealedBlocks(index)
        if let known = sealed[index].byDevice { return (blocks, known) }
        var byDevice = BlocksByDevice()
        for entry in blocks { byDevice.add(entry) }
        sealed[index].byDevice = byDevice
        return (blocks, byDevice)
    }

    /// Lets an extent begin with the block that holds `position`.
    private func begin(
        _ extent: inout BlockExtent<Storage>, at position: Position, in blocks: [BlockIndexEntry]
    ) throws(LogError) {
        let index = blocks.index(reaching: position)
        extent.start = index < blocks.count ? blocks[index].offset : extent.limit
        extent.first = index < blocks.count ? blocks[index].first : extent.endPosition
    }

    /// The index of a sealed segment, read when it is first needed.
    func sealedBlocks(_ index: Int) throws(LogError) -> [BlockIndexEntry] {
        if let blocks = sealed[index].blocks { return blocks }
        let blocks = try sealed[index].readFooter(try file(ofSealed: index))
        sealed[index].blocks = blocks
        return blocks
    }

    /// A sealed segment's file; a few stay open.
    private func file(ofSealed index: Int) throws(LogError) -> OpenFile<Storage> {
        if let file = openFiles[index] { return file }
        do throws(VolumeError) {
            let file = try OpenFile(folder.segment(sealed[index].name), .reading, on: volume)
            if openFiles.count >= 32 { openFiles.removeAll() }
            openFiles[index] = file
            return file
        } catch {
            throw .volume(error)
        }
    }

    private func read(_ entry: BlockIndexEntry, _ file: OpenFile<Storage>) throws(LogError) -> StoredBlock {
        let bytes: [UInt8]
        do throws(VolumeError) {
            bytes = try file.read(at: entry.offset, count: entry.sizeBytes, zeros: FrameReader<Storage>.paddingBytes)
        } catch { throw .volume(error) }
        let header = bytes.withUnsafeBytes { try? BlockHeader(checking: UnsafeRawBufferPointer(rebasing: $0.prefix(entry.sizeBytes))) }
        guard let header, header.blockBytes == entry.sizeBytes, header.count == entry.count, header.kind == entry.kind else {
            throw .corrupt(LogDamage(.damagedBlock, file: file.path, offset: entry.offset, positions: entry.first..<entry.end))
        }
        return StoredBlock(first: entry.first, header: header, paddedBytes: bytes)
    }

    private func footerDamage(_ index: Int, _ position: Position) -> LogDamage {
        let segment = sealed[index]
        return LogDamage(
            .damagedFooter, file: folder.segment(segment.name), offset: segment.tail.footerOffset,
            positions: position..<Position(position.index + 1))
    }
}
