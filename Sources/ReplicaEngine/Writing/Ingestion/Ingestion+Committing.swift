internal import EventCore
internal import LogStore

/// From the spool into the log.
extension Ingestion {
    /// A commit is about this large: what is written between two syncs.
    private static var commitBytes: Int { 2 * 1024 * 1024 }

    /// Writes the admitted blocks, then the events that stay too early.
    func commit(
        _ rest: [(lane: Int, entry: EarlyEvents.Entry)], isDurable: Bool, _ progress: ((Int) -> Void)?
    ) throws(ReplicaError) {
        // The table is about to grow by what is in these.
        records = [:]
        contexts = [:]
        previous = []
        var batch: [LogBlock] = []
        var byteCount = 0
        for block in blocks {
            if byteCount + block.byteCount > Self.commitBytes {
                try write(&batch, isDurable: isDurable, progress)
                byteCount = 0
            }
            do throws(LogError) {
                batch.append(LogBlock(bytes: try spool.read(at: block.offset, count: block.byteCount), ranges: block.ranges))
            } catch { throw .log(error) }
            byteCount += block.byteCount
        }
        try write(&batch, isDurable: isDurable, progress)
        try keepWaiting(rest, isDurable: isDurable)
        replica.waiting.drop(coveredBy: replica.table.versionVector)
        if isDurable { try replica.tidy() }
    }

    private func write(_ batch: inout [LogBlock], isDurable: Bool, _ progress: ((Int) -> Void)?) throws(ReplicaError) {
        try replica.write(batch, isDurable: isDurable)
        batch = []
        progress?(Int(replica.end.index - start.index))
    }

    private func keepWaiting(_ rest: [(lane: Int, entry: EarlyEvents.Entry)], isDurable: Bool) throws(ReplicaError) {
        var packer = BlockPacker(kind: .waiting)
        for (lane, entry) in rest {
            let event = try early(entry, lane)
            packer.append(event, context: .whole(event.context))
        }
        try replica.write(packer.finish(), isDurable: isDurable)
    }
}
