package import EventCore
internal import LogStore

extension Replica {
    /// Writes drafts as one commit: all of them are durable when it returns, or none is there.
    ///
    /// The context is the record's clock; drafts of one record that undo the same event share one context.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970.
    /// - Throws: `.invalidDraft` or `.leaseNeeded` with nothing done; `.log` when the disk refused.
    package func commit(_ drafts: [Draft], wall: UInt64) throws(ReplicaError) -> [Event] {
        let leaseEpoch = lease?.epoch() ?? 0
        try checkLease(drafts, leaseEpoch)
        var admission = Admission(self)
        try observeTimes(wall: wall)
        var events: [Event] = []
        var undoContexts: [Dot: VersionVector] = [:]
        for draft in drafts {
            var context = try admission.shape(of: draft.key).clock
            if let undone = draft.undoes { context = undoContexts[undone] ?? context }
            let event: Event
            do throws(EventError) {
                event = try Event(
                    dot: Dot(device: device, seq: admission.applied[device] + 1), key: draft.key, context: context,
                    time: try clock.next(wall: wall), body: draft.body, kind: draft.kind, undoes: draft.undoes,
                    epoch: draft.epoch > 0 ? draft.epoch : leaseEpoch,
                    note: draft.note, isCritical: draft.isCritical)
                let byteCount = event.canonicalJSON.count
                guard byteCount <= Limits.eventBytes else { throw .eventTooLarge(bytes: byteCount) }
            } catch { throw .invalidDraft(error) }
            if let undone = draft.undoes { undoContexts[undone] = context }
            try admission.admit(event)
            events.append(event)
        }
        guard !events.isEmpty else { return [] }
        try write(admission.finishBlocks())
        waiting.drop(coveredBy: table.versionVector)
        return events
    }

    private func checkLease(_ drafts: [Draft], _ leaseEpoch: UInt64) throws(ReplicaError) {
        guard leaseEpoch == 0, let lease else { return }
        let unfenced = drafts.first { $0.key.collection == .policies && $0.epoch == 0 }
        if let unfenced, lease.hasJoined() { throw .leaseNeeded(unfenced.key) }
    }

    /// Writes prepared drafts, of one writer or of several, as one commit: all of them are durable when it returns, or none is there.
    ///
    /// The same as `commit` of all drafts, and much faster where they are ordinary, as it makes no events.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970.
    /// - Returns: the dot of the first event, which the others follow without a gap; nil without drafts.
    /// - Throws: `.invalidDraft`, `.leaseNeeded` or `.refused` with nothing done; `.log` when the disk refused.
    package func commit(_ drafts: [PreparedDrafts], wall: UInt64) throws(ReplicaError) -> Dot? {
        guard drafts.contains(where: { $0.count > 0 }) else { return nil }
        guard let blocks = try ordinaryBlocks(drafts, wall: wall) else {
            return try commit(drafts.flatMap(\.drafts), wall: wall).first?.dot
        }
        let first = Dot(device: device, seq: table.appliedSeq(of: device) + 1)
        try write(blocks)
        waiting.drop(coveredBy: table.versionVector)
        return first
    }

    /// The drafts' events as blocks; nil when they have to be looked at one by one.
    private func ordinaryBlocks(_ drafts: [PreparedDrafts], wall: UInt64) throws(ReplicaError) -> [LogBlock]? {
        // Where there may be a lease, events may carry its epoch, and policies may want one.
        guard lease == nil, drafts.allSatisfy(\.isOrdinary) else { return nil }
        // The encoder looks anywhere in the table.
        try checkTable()
        try observeTimes(wall: wall)
        var encoder = CommitEncoder(device: device, behind: table.appliedSeq(of: device))
        do throws(EventError) {
            for part in drafts { guard try encoder.append(part, to: table, at: &clock, wall: wall) else { return nil } }
        } catch { throw .invalidDraft(error) }
        encoder.finish()
        return encoder.blocks.map { LogBlock(bytes: $0.bytes, ranges: [$0.range]) }
    }

    /// Writes blocks as one commit, makes them durable unless somebody calls `sync` later, then folds them.
    func write(_ blocks: [LogBlock], isDurable: Bool = true) throws(ReplicaError) {
        guard !blocks.isEmpty else { return }
        // Before the commit: folding the log once more must not find these events in it.
        try prepare(toFold: blocks)
        do throws(LogError) { if isDurable { try log.commit(blocks) } else { try log.append(blocks) } } catch { throw .log(error) }
        for block in blocks {
            let position = end
            let padded = block.bytes + [UInt8](repeating: 0, count: RecordTable.slackBytes)
            let result = padded.withUnsafeBytes { bytes -> Result<Void, BlockError> in
                do throws(BlockError) {
                    let header = try BlockHeader(checking: bytes)
                    return .success(try fold(header, bytes))
                } catch { return .failure(error) }
            }
            try Self.naming(position, result.get)
        }
    }

    private func fold(_ header: BlockHeader, _ bytes: UnsafeRawBufferPointer) throws(BlockError) {
        switch header.kind {
        case .events: try table.fold(header, bytes)
        case .waiting: try waiting.add(header, bytes)
        }
    }
}
