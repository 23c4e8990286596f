internal import EventCore

/// Up to where a segment was durable when it was last synced: what lies below may have been acknowledged to somebody.
///
/// Written right after a sync returned, so it never says more than the disk holds. Two slots take turns; a torn write of one
/// leaves the other. Layout: LogFormat.md, "Acknowledged mark".
struct AcknowledgedMark: Hashable, Sendable {
    static let slotBytes = 512
    static let magic = Array("SYNCMARK".utf8)
    private static let checksumOffset = 508

    /// Counts up with each mark; its parity names the slot.
    var generation: UInt64
    /// The offset behind the last commit mark that was synced.
    var endOffset: Int
    var endPosition: Position
    /// The chain value of that commit mark; the header's checksum when there is none yet.
    var chain: UInt32

    /// Where the slot of a generation lies in the file.
    static func slotOffset(generation: UInt64) -> Int { SegmentHeader.sizeBytes + Int(generation % 2) * slotBytes }

    /// The 512 bytes of the slot.
    func bytes(in header: SegmentHeader) -> [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: generation)
        bytes.append(littleEndian: UInt64(endOffset))
        bytes.append(littleEndian: endPosition.index)
        bytes.append(littleEndian: chain)
        bytes += [UInt8](repeating: 0, count: Self.checksumOffset - bytes.count)
        bytes.append(littleEndian: Self.checksum(of: bytes, in: header))
        return bytes
    }

    /// Reads one slot; nil when it is damaged, torn or of another file.
    init?(reading slot: [UInt8], in header: SegmentHeader) {
        guard slot.count == Self.slotBytes, slot.starts(with: Self.magic) else { return nil }
        let content = Array(slot[..<Self.checksumOffset])
        guard Self.checksum(of: content, in: header) == slot.number(at: Self.checksumOffset, as: UInt32.self) else { return nil }
        guard let endOffset = Int(exactly: slot.number(at: 16, as: UInt64.self)) else { return nil }
        generation = slot.number(at: 8)
        self.endOffset = endOffset
        endPosition = Position(slot.number(at: 24))
        chain = slot.number(at: 32)
    }

    init(generation: UInt64, endOffset: Int, endPosition: Position, chain: UInt32) {
        self.generation = generation
        self.endOffset = endOffset
        self.endPosition = endPosition
        self.chain = chain
    }

    /// The mark of a segment that has no commit yet.
    static func start(of header: SegmentHeader, generation: UInt64) -> AcknowledgedMark {
        AcknowledgedMark(
            generation: generation, endOffset: SegmentHeader.framesOffset, endPosition: header.first, chain: header.checksum)
    }

    /// The first 1536 bytes of a new segment: the header, and both slots with the mark of an empty segment.
    ///
    /// Both, so that one damaged sector never leaves a segment without a mark.
    static func preamble(of header: SegmentHeader) -> [UInt8] {
        header.bytes + start(of: header, generation: 0).bytes(in: header) + start(of: header, generation: 1).bytes(in: header)
    }

    private static func checksum(of content: [UInt8], in header: SegmentHeader) -> UInt32 {
        var checksum = Checksum(continuing: header.checksum)
        checksum.add(content)
        return checksum.value
    }
}

/// Both slots of a segment.
struct AcknowledgedMarks: Hashable, Sendable {
    /// By slot; nil where it cannot be read.
    let slots: [AcknowledgedMark?]

    /// Reads both from the first 1536 bytes of a file.
    init(reading preamble: [UInt8], in header: SegmentHeader) {
        slots = (0..<2).map { index in
            let start = SegmentHeader.sizeBytes + index * AcknowledgedMark.slotBytes
            guard preamble.count >= start + AcknowledgedMark.slotBytes else { return nil }
            let mark = AcknowledgedMark(reading: Array(preamble[start..<(start + AcknowledgedMark.slotBytes)]), in: header)
            return mark.flatMap { Int($0.generation % 2) == index ? $0 : nil }
        }
    }

    /// The one written last.
    var newest: AcknowledgedMark? {
        slots.compactMap { $0 }.max { $0.generation < $1.generation }
    }

    /// The first generation after `known` whose slot is not the one that holds the newest mark: that must not be torn by the next.
    func generation(after known: UInt64) -> UInt64 {
        guard let newest else { return known + 1 }
        return (known + 1) % 2 == newest.generation % 2 ? known + 2 : known + 1
    }

    /// Whether a slot cannot be read. A power loss while it was written does that, and harms nothing.
    var hasDamagedSlot: Bool { slots.contains(nil) }
}
