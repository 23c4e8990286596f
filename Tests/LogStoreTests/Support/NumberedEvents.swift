import EventCore
import Glibc
import LogStore
import Workload

/// Blocks whose events are numbers, so that what a log gives back can be told apart from what it was given.
///
/// Event `id` is eight bytes of number, one byte of length and that many bytes that follow from the number.
enum NumberedEvents {
    /// The one store of these tests.
    static let storeID = StoreID(high: 0x0123_4567_89AB_CDEF, low: 42)
    /// Numbers of waiting events begin here.
    static let firstWaiting: UInt64 = 1 << 40
    /// Event `id` belongs to the device `id % 3`, as its seq `id / 3 + 1`.
    static let devices = (0..<3).map { DeviceID(high: 7, low: UInt64($0)) }

    static func dot(_ id: UInt64) -> Dot { Dot(device: devices[Int(id % 3)], seq: id / 3 + 1) }

    /// A block with the events `ids`.
    static func block(_ ids: Range<UInt64>, kind: BlockHeader.Kind = .events) -> LogBlock {
        var bytes = [UInt8](repeating: 0, count: BlockHeader.sizeBytes)
        for id in ids { bytes += event(id) }
        BlockHeader.seal(&bytes, kind: kind, encoding: .rows, count: UInt32(ids.count))
        return LogBlock(bytes: bytes, ranges: ranges(of: Array(ids)))
    }

    /// The numbers in a block's payload; nil when a byte is not what it must be.
    static func ids(in block: UnsafeRawBufferPointer) -> [UInt64]? {
        var (ids, rest): ([UInt64], UnsafeRawBufferPointer) = ([], UnsafeRawBufferPointer(rebasing: block[BlockHeader.sizeBytes...]))
        while !rest.isEmpty {
            guard rest.count >= 9 else { return nil }
            let id = UInt64(littleEndian: rest.loadUnaligned(as: UInt64.self))
            let expected = event(id)
            guard expected.count <= rest.count, let start = rest.baseAddress, memcmp(start, expected, expected.count) == 0 else {
                return nil
            }
            ids.append(id)
            rest = UnsafeRawBufferPointer(rebasing: rest[expected.count...])
        }
        return ids
    }

    static func ranges(of ids: [UInt64]) -> [DeviceRange] {
        devices.compactMap { device in
            let seqs = ids.map(dot).filter { $0.device == device }.map(\.seq)
            guard let first = seqs.min(), let last = seqs.max() else { return nil }
            return DeviceRange(device: device, first: first, last: last)
        }
    }

    static let options = LogOptions(
        segmentLimitBytes: 4096, roomBytes: 4096...8192, holder: LockHolder(process: 17, command: "test")
    ) { _, block in
        ranges(of: ids(in: block) ?? [])
    }

    private static let filler = (0..<96).map { UInt8($0 * 5 % 251) }

    private static func event(_ id: UInt64) -> [UInt8] {
        let length = Int((id &* 0x9E37_79B9_7F4A_7C15) >> 58)
        let start = Int(id % 32)
        var bytes = withUnsafeBytes(of: id.littleEndian) { Array($0) }
        bytes.append(UInt8(length))
        bytes += filler[start..<(start + length)]
        return bytes
    }
}

/// What a log holds.
struct LogContent: Hashable {
    var ids: [UInt64] = []
    var waiting: [UInt64] = []

    /// Everything from the start.
    init<Storage>(of log: EventLog<Storage>) throws {
        let cursor = try log.blocks(from: Position(0))
        while let block = try cursor.next() {
            guard let found = NumberedEvents.ids(in: block.bytes) else { throw ContentError.otherBytes }
            guard block.first.index == UInt64(ids.count) else { throw ContentError.otherPosition }
            let padding = UnsafeRawBufferPointer(start: block.bytes.baseAddress.map { $0 + block.bytes.count }, count: 64)
            guard padding.allSatisfy({ $0 == 0 }) else { throw ContentError.noPadding }
            if block.header.kind == .events { ids += found } else { waiting += found }
        }
        guard log.end.index == UInt64(ids.count) else { throw ContentError.otherEnd }
    }

    enum ContentError: Error { case otherBytes, otherPosition, noPadding, otherEnd }

    /// The first `events` events and all waiting ones that a script appends by then.
    init(events: UInt64, waiting: UInt64) {
        ids = Array(0..<events)
        self.waiting = Array(NumberedEvents.firstWaiting..<(NumberedEvents.firstWaiting + waiting))
    }
}

/// Packs blocks of numbered events into full ones, as an engine does when it seals.
func repacked<Storage>(
    _ cursor: BlockCursor<Storage>, _ store: (LogBlock) throws(LogError) -> Void
) throws(LogError) {
    var ids: [UInt64] = []
    while let block = try cursor.next() {
        let found = NumberedEvents.ids(in: block.bytes) ?? []
        if block.header.kind == .waiting {
            try flush(&ids, store)
            if let first = found.first, let last = found.last { try store(NumberedEvents.block(first..<(last + 1), kind: .waiting)) }
            continue
        }
        ids += found
        if ids.count >= 20 { try flush(&ids, store) }
    }
    try flush(&ids, store)
}

private func flush(_ ids: inout [UInt64], _ store: (LogBlock) throws(LogError) -> Void) throws(LogError) {
    if let first = ids.first, let last = ids.last { try store(NumberedEvents.block(first..<(last + 1))) }
    ids.removeAll()
}
