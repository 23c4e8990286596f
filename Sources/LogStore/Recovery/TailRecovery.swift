internal import EventCore

/// Brings the newest segment, which is not sealed, to a state that can be relied on. Steps and table: Recovery.md.
///
/// It may be interrupted anywhere and repeated; done twice it changes nothing the second time.
struct TailRecovery<Storage: Volume> {
    private let folder: LogFolder
    private let access: LogAccess
    private let header: SegmentHeader
    private let file: OpenFile<Storage>
    private let name: SegmentName
    private var volume: Storage { file.volume }

    /// Opens the segment that a survey found.
    init(
        _ folder: LogFolder, _ name: SegmentName, _ header: SegmentHeader, on volume: Storage, for access: LogAccess
    ) throws(VolumeError) {
        self.folder = folder
        self.name = name
        self.header = header
        self.access = access
        file = try OpenFile(folder.segment(name), access == .writing ? .readingAndWriting : .reading, on: volume)
    }

    /// What is there, and what the table calls for.
    struct Finding {
        /// As they stand on the disk.
        let marks: AcknowledgedMarks
        /// The newest mark that anybody wrote. What it says is true even where only the cache still shows it.
        let acknowledged: AcknowledgedMark?
        let scan: SegmentScan
        let decision: RecoveryDecision

        /// Whether both slots on the disk are whole and say as much as is known.
        var isMarkOnDisk: Bool { !marks.hasDamagedSlot && marks.newest == acknowledged }
    }

    /// Reads the whole segment; changes nothing, but makes durable what an earlier process left in the cache.
    func find() throws(VolumeError) -> Finding {
        if access == .writing { try file.sync() }
        var preamble = try file.read(at: 0, count: SegmentHeader.framesOffset)
        var marks = AcknowledgedMarks(reading: preamble, in: header)
        var acknowledged = marks.newest
        if access == .writing {
            // An earlier process may have ended on a failed sync: then the cache shows bytes that are not on the disk.
            try volume.dropCache(of: file.file, in: 0..<SegmentHeader.framesOffset)
            preamble = try file.read(at: 0, count: SegmentHeader.framesOffset)
            marks = AcknowledgedMarks(reading: preamble, in: header)
            acknowledged = [acknowledged, marks.newest].compactMap { $0 }.max { $0.generation < $1.generation }
            let durable = acknowledged?.endOffset ?? 0
            try volume.dropCache(of: file.file, in: durable..<max(durable, try file.sizeBytes))
        }
        let scan = try SegmentScan(file, header: header, acknowledged: acknowledged)
        // The file differs from the one surveyed when it was sealed since; a reader then looks again.
        let isSurveyed = (try? SegmentHeader(reading: preamble)) == header
        let state = SegmentState(
            header: isSurveyed ? .good : .foreign, role: .active, isNewest: true, tail: scan.tail, mark: scan.mark, access: access)
        return Finding(
            marks: marks, acknowledged: acknowledged, scan: scan, decision: RecoveryTable.decision(for: state))
    }

    /// Why the table refuses the segment; nil when it does not.
    func refusal(_ found: Finding) -> LogError? {
        guard case .refuse(let kind) = found.decision else { return nil }
        let (path, end) = (folder.segment(name), found.scan.chain.position)
        switch kind {
        case .newerFormat:
            return .newerFormat(file: path)
        case .acknowledgedEventsDamaged, .malformedBlock:
            let acknowledged = max(end, found.acknowledged?.endPosition ?? end)
            return .corrupt(LogDamage(kind, file: path, offset: found.scan.damageOffset, positions: end..<acknowledged))
        default:
            return .corrupt(LogDamage(kind, file: path, offset: SegmentHeader.sizeBytes, positions: nil))
        }
    }

    /// Does what the table called for, when it did not refuse.
    func perform(_ found: Finding) throws(VolumeError) -> (segment: ActiveSegment<Storage>, report: RecoveryReport) {
        let scan = found.scan
        let start = AcknowledgedMark.start(of: header, generation: 0)
        var segment = ActiveSegment(
            name: name, header: header, file: file, chain: scan.chain, endOffset: scan.endOffset,
            sizeBytes: try file.sizeBytes, blocks: scan.blocks, mark: found.acknowledged ?? start, isMarkSynced: true)
        var report = RecoveryReport(unacknowledged: segment.mark.endPosition..<scan.chain.position)
        report.hadDamagedMarkSlot = found.marks.hasDamagedSlot
        switch found.decision {
        case .keep, .refuse: break
        case .passOver: report.tornTail = tornTail(scan, keptIn: nil)
        case .cut:
            report.tornTail = try cut(scan)
            segment.sizeBytes = scan.endOffset
        }
        // Everything up to the end was synced and read back from the disk: from now on it counts as acknowledged.
        if access == .writing && !(segment.isSynced && found.isMarkOnDisk) {
            segment.mark = segment.nextMark
            segment.mark.generation = found.marks.generation(after: segment.mark.generation - 1)
            try file.write(segment.mark.bytes(in: header), at: AcknowledgedMark.slotOffset(generation: segment.mark.generation))
            try file.sync()
        }
        return (segment, report)
    }

    /// Keeps the bytes behind the end aside, durably, and only then cuts them off, with the room behind them.
    private func cut(_ scan: SegmentScan) throws(VolumeError) -> RecoveryReport.TornTail {
        let bytes = try file.read(at: scan.endOffset, count: scan.tornBytes)
        let path = folder.torn(segment: name.number, offset: scan.endOffset, checksum: Checksum.of(bytes))
        try volume.replaceFile(path, by: path + LogFolder.unfinishedSuffix, in: folder.log, with: bytes)
        try volume.truncate(file.file, to: scan.endOffset)
        try file.sync()
        return tornTail(scan, keptIn: path)
    }

    private func tornTail(_ scan: SegmentScan, keptIn path: String?) -> RecoveryReport.TornTail {
        RecoveryReport.TornTail(file: folder.segment(name), offset: scan.endOffset, sizeBytes: scan.tornBytes, keptIn: path)
    }
}
