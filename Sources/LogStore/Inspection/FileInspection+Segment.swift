internal import Crypto
internal import EventCore

extension FileInspection {
    /// Header, marks, frames, footer and tail of a segment.
    func inspectSegment() {
        guard bytes.count >= SegmentHeader.framesOffset else {
            return add(0, "no segment: \(bytes.count) bytes, a header and its marks take \(SegmentHeader.framesOffset)")
        }
        let header = inspectHeader()
        if let header { inspectMarks(header) }
        let tail = header.flatMap { inspectableTail($0) }
        inspectFrames(header, to: tail?.footerOffset ?? bytes.count)
        if let header, let tail { inspectFooter(header, tail) }
        if let header, header.isSealed, tail == nil { add(bytes.count, "tail missing or damaged") }
    }

    private func inspectHeader() -> SegmentHeader? {
        let (version, oldestReader, oldestAppender, flags): (UInt16, UInt16, UInt16, UInt16) =
            (bytes.number(at: 8), bytes.number(at: 10), bytes.number(at: 12), bytes.number(at: 14))
        let magic = String(decoding: bytes[..<8].map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
        add(0, "header \(magic) version \(version), readable from \(oldestReader), appendable from \(oldestAppender)")
        add("segment \(bytes.number(at: 32, as: UInt64.self)) \(flags & 1 == 0 ? "active" : "sealed"), flags \(flags)")
        add("store \(Hexadecimal.text(bytes[16..<32])), first position \(bytes.number(at: 40, as: UInt64.self))")
        add("digest before \(Hexadecimal.text(bytes[48..<80]))")
        let checksum: UInt32 = bytes.number(at: 508)
        do throws(HeaderProblem) {
            let header = try SegmentHeader(reading: bytes)
            add("checksum \(Hexadecimal.text(checksum)) ok")
            return header
        } catch {
            switch error {
            case .damaged: add("checksum \(Hexadecimal.text(checksum)) DAMAGED")
            case .newerFormat: add("checksum \(Hexadecimal.text(checksum)) ok, NEWER FORMAT")
            }
            return nil
        }
    }

    private func inspectMarks(_ header: SegmentHeader) {
        guard !header.isSealed else { return }
        let marks = AcknowledgedMarks(reading: Array(bytes[..<SegmentHeader.framesOffset]), in: header)
        for (index, mark) in marks.slots.enumerated() {
            let offset = SegmentHeader.sizeBytes + index * AcknowledgedMark.slotBytes
            guard let mark else {
                add(offset, "acknowledged mark DAMAGED")
                continue
            }
            add(
                offset,
                "acknowledged mark generation \(mark.generation), end \(mark.endOffset), position \(mark.endPosition.index), chain \(Hexadecimal.text(mark.chain))"
                    + (mark == marks.newest ? ", newest" : ""))
        }
    }

    private func inspectFrames(_ header: SegmentHeader?, to limit: Int) {
        var (offset, chain) = (SegmentHeader.framesOffset, header.map { CommitChain(of: $0) })
        let contentEnd = bytes[..<limit].lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
        while offset < limit {
            if offset >= contentEnd, header?.isSealed == false { return add(offset, "room, \(limit - offset) bytes") }
            let frame = InspectedFrame(bytes, at: offset, limit: limit)
            switch frame {
            case .block(let block):
                let first = chain?.position
                chain?.add(block)
                let positions = first.map { " at \($0.index)" } ?? ""
                add(
                    offset,
                    "block \(block.kind == .events ? "events" : "waiting")\(positions), count \(block.count), payload \(block.payloadBytes), checksum \(Hexadecimal.text(block.checksum)) ok"
                )
                let lines = bytes[offset..<(offset + block.blockBytes)].withUnsafeBytes { describe(block, $0) }
                for line in lines { add("  " + line) }
                offset += block.blockBytes
            case .mark(let mark):
                let expected = chain?.end(at: offset)
                let verdict = expected == nil ? "" : expected == mark ? ", ok" : ", OUT OF PLACE"
                add(
                    offset,
                    "commit mark position \(mark.endPosition.index), end \(mark.endOffset), blocks \(mark.blockCount), chain \(Hexadecimal.text(mark.chain))"
                        + verdict)
                offset += CommitMark.sizeBytes
            case .damaged(let what, let next):
                let end = header?.isSealed == false && offset < contentEnd ? min(next, contentEnd) : next
                add(offset, "\(what), \(end - offset) bytes")
                chain = nil
                offset = end
            }
        }
    }

    private func inspectableTail(_ header: SegmentHeader) -> SegmentTail? {
        guard header.isSealed else { return nil }
        return SegmentTail(reading: Array(bytes.suffix(SegmentTail.sizeBytes)), in: header, fileBytes: bytes.count)
    }

    private func inspectFooter(_ header: SegmentHeader, _ tail: SegmentTail) {
        let footer = Array(bytes[tail.footerOffset..<(tail.footerOffset + tail.footerBytes)])
        let isRight = Checksum.of(footer) == tail.footerChecksum
        add(
            tail.footerOffset,
            "footer blocks \(tail.blockCount), checksum \(Hexadecimal.text(tail.footerChecksum)) \(isRight ? "ok" : "DAMAGED")"
        )
        for entry in isRight ? SegmentFooter(reading: footer, blockCount: tail.blockCount)?.blocks ?? [] : [] {
            add("block at \(entry.offset), size \(entry.sizeBytes), positions \((entry.first..<entry.end).text)")
            for range in entry.ranges ?? [] { add("  device \(range.device) seq \(range.first)...\(range.last)") }
        }
        var hash = SHA256()
        hash.update(data: bytes[..<(tail.footerOffset + tail.footerBytes + SegmentTail.digestOffset)])
        let isSame = SegmentDigest(hash.finalize()) == tail.digest
        add(
            bytes.count - SegmentTail.sizeBytes,
            "tail end position \(tail.endPosition.index), digest \(tail.digest) \(isSame ? "ok" : "DAMAGED")")
    }
}

/// A frame in memory, or what is there instead and where it may go on.
private enum InspectedFrame {
    case block(BlockHeader)
    case mark(CommitMark)
    case damaged(String, next: Int)

    init(_ bytes: [UInt8], at offset: Int, limit: Int) {
        let damage: BlockError
        switch Self.frame(bytes, at: offset, limit: limit) {
        case .success(let frame): self = frame; return
        case .failure(let error): damage = error
        }
        let what =
            switch damage {
            case .cutOff: "CUT OFF"
            case .checksumMismatch: bytes[offset..<limit].allSatisfy { $0 == 0 } ? "ZEROS" : "DAMAGED"
            case .newerFormat(let kind, let encoding): "NEWER FORMAT block kind \(kind), encoding \(encoding)"
            case .malformed(let place): "MALFORMED at byte \(place)"
            }
        self = .damaged(what, next: Self.nextFrame(bytes, behind: offset, limit: limit))
    }

    private static func frame(_ bytes: [UInt8], at offset: Int, limit: Int) -> Result<InspectedFrame, BlockError> {
        bytes[offset..<limit].withUnsafeBytes { rest in
            if rest.count >= 4, rest.number(at: 0, as: UInt32.self) == CommitMark.magic {
                return CommitMark(reading: rest).map { .success(.mark($0)) }
                    ?? .failure(rest.count < CommitMark.sizeBytes ? .cutOff : .checksumMismatch)
            }
            do throws(BlockError) { return .success(.block(try BlockHeader(checking: rest))) } catch { return .failure(error) }
        }
    }

    /// The next offset at which a whole frame stands; the limit when there is none.
    private static func nextFrame(_ bytes: [UInt8], behind offset: Int, limit: Int) -> Int {
        var next = offset + 1
        while next + BlockHeader.sizeBytes <= limit {
            // Cheap to rule out before a checksum is computed: a mark's first byte, or a block's kind, encoding and flags.
            let mayBeMark = bytes[next] == UInt8(truncatingIfNeeded: CommitMark.magic)
            let mayBeBlock = bytes[next + 3] == 0 && (1...2).contains(bytes[next + 8]) && (1...2).contains(bytes[next + 9])
            if mayBeMark || (mayBeBlock && bytes[next + 10] == 0) {
                if case .success = frame(bytes, at: next, limit: limit) { return next }
            }
            next += 1
        }
        return limit
    }
}
