package import EventCore
package import SyncCore

/// What a session's order to push comes to.
package struct PushBatch {
    /// In the log's order; none where the order only asks.
    package var events: [Event] = []
    /// Every event of the log before this position is either covered by the order's vector or among `events`.
    package var scannedTo: Position
    /// The device's own chain before these events, and behind them: that one is to be signed.
    package var before: ChainHead
    package var after: ChainHead

    /// The events as runs of one device's, in order.
    package var runs: [DeviceRun] {
        var runs: [DeviceRun] = []
        for dot in events.map(\.dot) {
            if let last = runs.last, last.device == dot.device, last.seqs.upperBound + 1 == dot.seq {
                runs[runs.count - 1] = DeviceRun(device: dot.device, seqs: last.seqs.lowerBound...dot.seq)
            } else {
                runs.append(DeviceRun(device: dot.device, seqs: dot.seq...dot.seq))
            }
        }
        return runs
    }
}
