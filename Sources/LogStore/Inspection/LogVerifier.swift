internal import Crypto
internal import EventCore

/// Walks a log for `EventLog.verify`.
struct LogVerifier<Storage: Volume> {
    private let folder: LogFolder
    private let volume: Storage
    private let progress: (_ events: UInt64, _ total: UInt64) -> Void
    /// Where the newest segment begins.
    private var newestFirst: UInt64 = 0
    private var found = LogVerification()
    private var storeID: StoreID?
    /// What the segments so far say about the next one; nil where damage leaves it open.
    private var expected: (number: Int, first: Position?, digest: SegmentDigest?) = (1, Position(0), SegmentDigest.none)

    init(_ folder: LogFolder, on volume: Storage, progress: @escaping (_ events: UInt64, _ total: UInt64) -> Void) {
        self.folder = folder
        self.volume = volume
        self.progress = progress
    }

    mutating func verify() throws(LogError) -> LogVerification {
        let names = try LogSurvey<Storage>.names(folder, volume)
        guard !names.isEmpty else { throw .noLog(folder: folder.path) }
        found.segments = names.count
        newestFirst = names[names.count - 1].first.index
        for (index, name) in names.enumerated() {
            let next = index + 1 < names.count ? names[index + 1] : nil
            do throws(VolumeError) { try verify(name, next: next) } catch {
                report(.unreadable, name, offset: 0, next.map { name.first..<max(name.first, $0.first) })
                expected = (name.number + 1, nil, nil)
            }
        }
        return found
    }

    private func tellProgress() { progress(found.events, max(found.events, newestFirst)) }

    private mutating func report(_ kind: DamageKind, _ name: SegmentName, offset: Int, _ positions: Range<Position>?) {
        found.problems.append(LogDamage(kind, file: folder.segment(name), offset: offset, positions: positions))
    }

    private mutating func verify(_ name: SegmentName, next: SegmentName?) throws(VolumeError) {
        let whole = next.map { name.first..<max(name.first, $0.first) }
        if name.number > expected.number {
            let first = expected.first ?? name.first
            let missing = SegmentName(number: expected.number, first: first)
            report(.missingSegment, missing, offset: 0, first..<max(first, name.first))
            expected = (name.number, nil, nil)
        }
        let file = try OpenFile(folder.segment(name), .reading, on: volume)
        let header: SegmentHeader
        let sector = try file.read(at: 0, count: SegmentHeader.sizeBytes)
        do throws(HeaderProblem) { header = try SegmentHeader(reading: sector) } catch {
            report(error == .damaged ? .damagedHeader : .newerFormat, name, offset: 0, whole)
            expected = (name.number + 1, nil, nil)
            return
        }
        let fits =
            header.number == name.number && header.first == name.first && name.number == expected.number
            && header.first == expected.first ?? header.first && header.digestBefore == expected.digest ?? header.digestBefore
            && header.storeID == storeID ?? header.storeID
        if !fits { report(.foreignSegment, name, offset: 0, whole) }
        storeID = storeID ?? header.storeID
        if header.isSealed {
            try verifySealed(name, header, file, whole)
        } else {
            try verifyActive(name, header, isNewest: next == nil)
        }
    }

    private mutating func verifyActive(_ name: SegmentName, _ header: SegmentHeader, isNewest: Bool) throws(VolumeError) {
        let recovery = try TailRecovery(folder, name, header, on: volume, for: .reading)
        let finding = try recovery.find()
        found.events += finding.scan.chain.position.index - header.first.index
        tellProgress()
        found.waitingBlocks += finding.scan.blocks.count { $0.kind == .waiting }
        expected = (name.number + 1, nil, nil)
        guard isNewest else { return report(.unsealedInTheMiddle, name, offset: 0, nil) }
        switch recovery.refusal(finding) {
        case .corrupt(let damage): found.problems.append(damage)
        case .some: report(.newerFormat, name, offset: finding.scan.damageOffset, nil)
        case nil: found.tornTail = try recovery.perform(finding).report.tornTail
        }
    }

    private mutating func verifySealed(
        _ name: SegmentName, _ header: SegmentHeader, _ file: OpenFile<Storage>, _ whole: Range<Position>?
    ) throws(VolumeError) {
        let problemCount = found.problems.count
        let sizeBytes = try file.sizeBytes
        let end = try file.read(at: max(0, sizeBytes - SegmentTail.sizeBytes), count: SegmentTail.sizeBytes)
        guard let tail = SegmentTail(reading: end, in: header, fileBytes: sizeBytes) else {
            report(.damagedTail, name, offset: max(0, sizeBytes - SegmentTail.sizeBytes), whole)
            expected = (name.number + 1, nil, nil)
            return
        }
        expected = (name.number + 1, tail.endPosition, tail.digest)
        var blocks: [BlockIndexEntry]?
        do throws(LogError) {
            blocks = try SealedSegment(name: name, header: header, tail: tail).readFooter(file)
        } catch {
            report(.damagedFooter, name, offset: tail.footerOffset, header.first..<header.first)
        }
        try verifyFrames(name, header, tail, file, blocks)
        guard found.problems.count == problemCount, try digest(of: file, tail) != tail.digest else { return }
        report(.digestMismatch, name, offset: 0, header.first..<header.first)
    }

    /// Reads all frames, and with the index's help those behind damage too.
    private mutating func verifyFrames(
        _ name: SegmentName, _ header: SegmentHeader, _ tail: SegmentTail, _ file: OpenFile<Storage>, _ blocks: [BlockIndexEntry]?
    ) throws(VolumeError) {
        var reader = FrameReader(file, from: SegmentHeader.framesOffset, to: tail.footerOffset)
        var (chain, isUnbroken, seen): (CommitChain, Bool, [BlockIndexEntry]) = (CommitChain(of: header), true, [])
        walking: while true {
            let offset = reader.offset
            switch try reader.next() {
            case .block(let block, _):
                seen.append(BlockIndexEntry(offset: offset, first: chain.position, header: block, ranges: nil))
                chain.add(block)
                found.events += block.positionCount
                tellProgress()
                if block.kind == .waiting { found.waitingBlocks += 1 }
            case .mark(let mark):
                if isUnbroken && chain.end(at: offset) != mark { report(.damagedCommit, name, offset: offset, header.first..<header.first) }
            case .end:
                break walking
            case .damaged(let damage):
                let entry = blocks?.first { $0.offset == offset }
                let positions = entry.map { $0.first..<$0.end } ?? chain.position..<max(chain.position, tail.endPosition)
                report(DamageKind(damage), name, offset: offset, positions)
                isUnbroken = false
                guard let after = blocks?.first(where: { $0.offset > offset })?.offset else { break walking }
                reader = FrameReader(file, from: after, to: tail.footerOffset)
            }
        }
        guard isUnbroken, let blocks else { return }
        let isSame = seen.count == blocks.count && zip(seen, blocks).allSatisfy { $0.isSamePlace(as: $1) }
        if chain.position != tail.endPosition || !isSame {
            report(.damagedFooter, name, offset: tail.footerOffset, header.first..<header.first)
        }
    }

    private func digest(of file: OpenFile<Storage>, _ tail: SegmentTail) throws(VolumeError) -> SegmentDigest {
        var (hash, offset) = (SHA256(), 0)
        let end = tail.footerOffset + tail.footerBytes + SegmentTail.digestOffset
        while offset < end {
            let bytes = try file.read(at: offset, count: min(1024 * 1024, end - offset))
            guard !bytes.isEmpty else { break }
            hash.update(data: bytes)
            tellProgress()
            offset += bytes.count
        }
        return SegmentDigest(hash.finalize())
    }
}

extension DamageKind {
    init(_ damage: FrameDamage) {
        self =
            switch damage {
            case .cutOff, .checksumMismatch: .damagedBlock
            case .newerFormat: .newerFormat
            case .malformed: .malformedBlock
            }
    }
}

extension BlockIndexEntry {
    /// Whether both name the same bytes; whose events they hold is not compared.
    func isSamePlace(as other: BlockIndexEntry) -> Bool {
        offset == other.offset && sizeBytes == other.sizeBytes && first == other.first && count == other.count && kind == other.kind
    }
}
