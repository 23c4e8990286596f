internal import EventCore

/// Which blocks of events of a segment have whose events: found by device and seq in O(log n), as a device's events lie in a log in the order of their seqs.
///
/// Blocks are numbered as they lie. Ranges that are out of order, which no honest log has, are looked through.
struct BlocksByDevice: Sendable {
    private struct Span {
        let first: UInt64
        let last: UInt64
        let block: Int
    }

    private struct Spans {
        /// In the order of their blocks.
        var spans: [Span] = []
        var isAscending = true

        mutating func append(_ span: Span) {
            if let last = spans.last, span.first <= last.last { isAscending = false }
            spans.append(span)
        }
    }

    private var devices: [DeviceID: Spans] = [:]
    /// Of so many blocks, the first ones, it is known.
    private(set) var blockCount = 0

    /// Takes in the next block; its ranges are known.
    mutating func add(_ entry: BlockIndexEntry) {
        if entry.kind == .events {
            for range in entry.ranges ?? [] {
                devices[range.device, default: Spans()].append(Span(first: range.first, last: range.last, block: blockCount))
            }
        }
        blockCount += 1
    }

    /// The last block whose range covers the dot.
    func last(covering dot: Dot) -> Int? {
        guard let own = devices[dot.device] else { return nil }
        func covers(_ span: Span) -> Bool { span.first <= dot.seq && dot.seq <= span.last }
        guard own.isAscending else { return own.spans.last(where: covers)?.block }
        return Self.last(of: own.spans) { $0.first <= dot.seq }.flatMap { covers($0) ? $0.block : nil }
    }

    /// The last block with a number below `end` that has an event of the device.
    func last(of device: DeviceID, below end: Int) -> Int? {
        devices[device].flatMap { own in Self.last(of: own.spans) { $0.block < end }?.block }
    }

    /// The last of those that are so, which come before all others.
    private static func last(of spans: [Span], _ isSo: (Span) -> Bool) -> Span? {
        let end = spans.partitionPoint(isSo)
        return end > 0 ? spans[end - 1] : nil
    }
}
