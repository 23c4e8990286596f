internal import EventCore

/// What a full walk over a log found. The walk never writes.
package struct LogVerification: Hashable, Sendable {
    package enum Result: String, Hashable, Sendable {
        case intact
        /// Bytes that were never acknowledged follow the end; the next opening for writing keeps them aside.
        case tornTail
        case corrupt
        /// A file of a newer program: it can judge the log, this one cannot.
        case newerFormat
    }

    /// Events that could be read.
    package internal(set) var events: UInt64 = 0
    /// Blocks of events that wait for others. An applied event may still stand in one.
    package internal(set) var waitingBlocks = 0
    package internal(set) var segments = 0
    package internal(set) var tornTail: RecoveryReport.TornTail?
    /// In the order of the log.
    package internal(set) var problems: [LogDamage] = []

    package var result: Result {
        if problems.contains(where: { $0.kind == .newerFormat }) { return .newerFormat }
        if !problems.isEmpty { return .corrupt }
        return tornTail == nil ? .intact : .tornTail
    }
}

extension EventLog {
    /// Reads everything in a store's log and checks every byte of it, without a lock and without changing anything.
    ///
    /// Goes on behind damage where it can, so that all of it is named.
    ///
    /// - Parameter progress: called again and again: how many events have been read, and how many there are as far as is known.
    /// - Throws: `.noLog`, or `.volume` when the folder cannot be listed.
    package static func verify(
        in path: String, on volume: Storage, progress: @escaping (_ events: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) throws(LogError) -> LogVerification {
        var verifier = LogVerifier(LogFolder(path: path), on: volume, progress: progress)
        let result = try verifier.verify()
        guard result.result == .corrupt else { return result }
        // A writer may have put another file in place while this one looked: what looks wrong is looked at again.
        var second = LogVerifier(LogFolder(path: path), on: volume, progress: progress)
        return (try? second.verify()) ?? result
    }
}
