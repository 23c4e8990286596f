package import EventCore
internal import LogStore

extension Replica {
    /// Writes drafts as one commit: all of them are durable when it returns, or none is there.
    ///
    /// The context is the record's clock; drafts of one record that undo the same event share one context.
    ///
    /// - Parameter wall: the wall clock's milliseconds since 1970.
    /// - Throws: `.invalidDraft` with nothing done; `.log` when the disk refused.
    package func commit(_ drafts: [Draft], wall: UInt64) throws(ReplicaError) -> [Event] {
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
                    time: try clock.next(wall: wall), body: draft.body, kind: draft.kind, undoes: draft.undoes, epoch: draft.epoch,
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

    /// Makes blocks durable as one commit, then folds them.
    func write(_ blocks: [LogBlock]) throws(ReplicaError) {
        guard !blocks.isEmpty else { return }
        // Before the commit: folding the log once more must not find these events in it.
        try prepare(toFold: blocks)
        do throws(LogError) { try log.commit(blocks) } catch { throw .log(error) }
        for block in blocks {
            let position = end
            let padded = block.bytes + [UInt8](repeating: 0, count: RecordTable.slackBytes)
            let result = padded.withUnsafeBytes { bytes -> Result<Void, BlockError> in
                do throws(BlockError) {
                    let header = try BlockHeader(checking: bytes)
                    return .success(try fold(header, bytes))
                } catch { return .failure(error) }
            }
            do throws(BlockError) { try result.get() } catch { throw .malformedBlock(at: position) }
        }
    }

    private func fold(_ header: BlockHeader, _ bytes: UnsafeRawBufferPointer) throws(BlockError) {
        switch header.kind {
        case .events: try table.fold(header, bytes)
        case .waiting: try waiting.add(header, bytes)
        }
    }
}
