internal import EventCore

/// What the frames of a segment that is not sealed amount to.
struct SegmentScan: Sendable {
    /// The blocks of all whole commits.
    private(set) var blocks: [BlockIndexEntry] = []
    /// After the last whole commit.
    private(set) var chain: CommitChain
    /// Behind the last commit mark.
    private(set) var endOffset = SegmentHeader.framesOffset
    /// Bytes behind the end up to the last one that is not zero.
    private(set) var tornBytes = 0
    /// What lies behind the end.
    private(set) var tail: TailState = .intact
    /// How the end relates to the acknowledged mark.
    private(set) var mark: MarkRelation
    /// The first frame that is none, or does not belong where it is; the end when all is well.
    private(set) var damageOffset = SegmentHeader.framesOffset

    /// Walks the whole file. It never changes it.
    init<Storage: Volume>(
        _ file: OpenFile<Storage>, header: SegmentHeader, acknowledged: AcknowledgedMark?
    ) throws(VolumeError) {
        chain = CommitChain(of: header)
        mark = acknowledged == nil ? .missing : .beyond
        let sizeBytes = try file.sizeBytes
        let reader = FrameReader(file, from: endOffset, to: sizeBytes)
        var (pending, ahead): ([BlockIndexEntry], CommitChain) = ([], chain)
        var isMatched = acknowledged == AcknowledgedMark.start(of: header, generation: acknowledged?.generation ?? 0)
        scanning: while true {
            let offset = reader.offset
            damageOffset = offset
            switch try reader.next() {
            case .block(let block, _):
                pending.append(BlockIndexEntry(offset: offset, first: ahead.position, header: block, ranges: nil))
                ahead.add(block)
            case .mark(let found):
                guard !pending.isEmpty, ahead.end(at: offset) == found else {
                    tail = .torn
                    break scanning
                }
                blocks += pending
                pending.removeAll(keepingCapacity: true)
                (chain, endOffset) = (ahead, found.endOffset)
                if found.endOffset == acknowledged?.endOffset {
                    isMatched = found.endPosition == acknowledged?.endPosition && found.chain == acknowledged?.chain
                }
            case .end:
                if !pending.isEmpty { tail = .torn }
                break scanning
            case .damaged(let damage):
                tail = TailState(damage)
                break scanning
            }
        }
        if tail == .torn {
            tornBytes = try file.endOfContent(in: endOffset..<max(endOffset, sizeBytes)) - endOffset
            if tornBytes == 0 { tail = .room }
        }
        guard let acknowledged else { return }
        if isMatched {
            mark = .reached
        } else if acknowledged.endOffset <= endOffset {
            mark = .contradicted
        }
    }
}

extension TailState {
    init(_ damage: FrameDamage) {
        self =
            switch damage {
            case .cutOff, .checksumMismatch: .torn
            case .newerFormat: .newerFormat
            case .malformed: .malformed
            }
    }
}
