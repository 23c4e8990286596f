internal import EventCore

extension EventLog {
    /// Rewrites the active segment, which then never changes any more; the next append begins another one.
    ///
    /// `repacking` reads the segment's blocks in order and hands over the blocks to be stored instead: the same events in the same
    /// order, in full blocks; waiting events that have been applied since may be left out. The digest of the sealed
    /// segment stands for the whole log up to its end. Does nothing when the active segment holds no commit.
    ///
    /// - Throws: what `repacking` throws, `.invalidBlock` or `.eventCountChanged`, and all is as before; `.syncFailed` or
    ///   `.sealFailed`, after which only opening anew helps, and every event is there; `.failedBefore`.
    package func seal(
        repacking: (BlockCursor<Storage>, (LogBlock) throws(LogError) -> Void) throws(LogError) -> Void
    ) throws(LogError) {
        try checkWritable()
        guard let segment = active, !segment.blocks.isEmpty else { return }
        try sync()
        let header = SegmentHeader(
            isSealed: true, storeID: storeID, number: segment.header.number, first: segment.header.first,
            digestBefore: segment.header.digestBefore)
        let temporary = folder.unfinished(segment.name)
        do throws(SealStop) {
            let tail = try writeSealed(segment, header, at: temporary, repacking)
            do throws(VolumeError) {
                try volume.putInPlace(temporary, as: segment.name, in: folder)
            } catch {
                throw .volume(error)
            }
            sealed.append(SealedSegment(name: segment.name, header: header, tail: tail))
            active = nil
            appendedBytes = 0
        } catch {
            switch error {
            case .refused(let reason):
                // Left over it does no harm: the next opening for writing removes it.
                _ = try? volume.removeIfPresent(temporary)
                throw reason
            case .volume(let reason):
                fail(reason)
                throw .sealFailed(reason)
            }
        }
    }

    /// Seals the active segment with the blocks it has.
    package func seal() throws(LogError) {
        try seal { (cursor, store) throws(LogError) in
            while let block = try cursor.next() {
                try store(LogBlock(bytes: Array(block.bytes), ranges: self.options.deviceRanges(block.header, block.bytes)))
            }
        }
    }

    private func writeSealed(
        _ segment: ActiveSegment<Storage>, _ header: SegmentHeader, at path: String,
        _ repacking: (BlockCursor<Storage>, (LogBlock) throws(LogError) -> Void) throws(LogError) -> Void
    ) throws(SealStop) -> SegmentTail {
        let writer: SealedSegmentWriter<Storage>
        do throws(VolumeError) { writer = try SealedSegmentWriter(header, at: path, on: volume) } catch { throw .volume(error) }
        var failure: VolumeError?
        do throws(LogError) {
            try repacking(BlockCursor([BlockExtent(segment)], from: segment.header.first)) { (block) throws(LogError) in
                let blockHeader = try Self.header(of: block)
                do throws(VolumeError) { try writer.add(block, blockHeader) } catch {
                    failure = error
                    throw .sealFailed(error)
                }
            }
        } catch {
            if let failure { throw .volume(failure) }
            throw .refused(error)
        }
        if let failure { throw .volume(failure) }
        let (before, after) = (segment.chain.position.index, writer.chain.position.index)
        guard before == after else {
            let first = header.first.index
            throw .refused(.eventCountChanged(before: before - first, after: after - first))
        }
        do throws(VolumeError) { return try writer.finish() } catch { throw .volume(error) }
    }
}

/// Why sealing stopped.
private enum SealStop: Error {
    /// The new segment was not good; the old one stands.
    case refused(LogError)
    case volume(VolumeError)
}
