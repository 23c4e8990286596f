package import EventCore
package import LogStore

/// What checking a whole store found.
package struct StoreVerification: Hashable, Sendable {
    /// Checksums, order of segments and commits, acknowledged mark, digests.
    package let log: LogVerification
    /// Where a block says what no store writes, although its checksum is right.
    package let malformedBlock: Position?
    /// Checkpoints that cannot be used. They are caches: nothing is lost with them.
    package let ignoredCheckpoints: [String]
    /// Each device's hash chain, where all events were hashed.
    package internal(set) var chains: [ChainHead]?
    /// Where they stood at the events that were asked for; one that is not here is left out.
    package internal(set) var markedChains: [ChainHead] = []
    /// Whether the cache of the chains says something else than the log: it is not used then.
    package internal(set) var isChainCacheWrong = false
    /// Whether the saved digest of the state is not that of the records; looked at in a deep check.
    package internal(set) var isDigestWrong = false

    package var result: LogVerification.Result {
        log.result == .intact || log.result == .tornTail ? (malformedBlock == nil ? log.result : .corrupt) : log.result
    }
}

/// What checking a store does one after the other.
package enum VerificationStep: Sendable {
    /// Every byte of the log is read.
    case reading
    /// All events are folded.
    case folding
    /// All events are hashed and folded, in a deep check.
    case hashing
    /// The state's digest is made again, in a deep check, and its steps are records.
    case comparing
}

extension Replica {
    /// Checks a store from end to end and never writes: every byte of the log, and that its events fold.
    ///
    /// - Parameters:
    ///   - deep: whether to hash all events, too, so that the chains can be compared with what others hold.
    ///   - marks: events at which the chain is asked for, too.
    ///   - progress: called again and again with what is done, and with how many events of how many it is done.
    /// - Throws: `.notAStore`, `.damagedIdentity`, `.newerIdentity`, `.log` when there is no log or the disk refuses.
    package static func verify(
        in folder: String, on volume: Storage, deep: Bool = false, marks: Set<Dot> = [],
        progress: @escaping (_ step: VerificationStep, _ events: UInt64, _ total: UInt64) -> Void = { _, _, _ in }
    ) throws(ReplicaError) -> StoreVerification {
        _ = try StoreIdentity.read(in: folder, on: volume)
        let verification: LogVerification
        do throws(LogError) { verification = try EventLog.verify(in: folder, on: volume) { progress(.reading, $0, $1) } } catch {
            throw .log(error)
        }
        guard verification.result == .intact || verification.result == .tornTail else {
            return StoreVerification(log: verification, malformedBlock: nil, ignoredCheckpoints: [])
        }
        var malformed: Position?
        var ignored: [String] = []
        var isDigestWrong = false
        var chains: (heads: [ChainHead], marked: [ChainHead], cacheAgrees: Bool?)?
        do throws(ReplicaError) {
            let log = try reading(in: folder, on: volume)
            if deep {
                chains = try rehashedChains(of: log, in: folder, on: volume, noting: marks) { progress(.hashing, $0, log.end.index) }
            } else {
                _ = try replay(log, threads: threads(for: log.end.index)) { progress(.folding, $0, log.end.index) }
            }
            let opened = try open(in: folder, on: volume, access: .reading)
            try opened.checkTable()
            if deep { isDigestWrong = try opened.isSavedDigestWrong { progress(.comparing, UInt64($0), UInt64(opened.recordCount)) } }
            ignored = opened.ignoredCheckpoints.map(\.file)
        } catch {
            guard case .malformedBlock(let position) = error else { throw error }
            malformed = position
        }
        return StoreVerification(
            log: verification, malformedBlock: malformed, ignoredCheckpoints: ignored, chains: chains?.heads,
            markedChains: chains?.marked ?? [], isChainCacheWrong: chains?.cacheAgrees == false, isDigestWrong: isDigestWrong)
    }

    /// Calls `body` with the lines of a file of a store as text; reads damaged ones and never writes.
    package static func inspect(_ file: String, on volume: Storage, _ body: (String) -> Void) throws(ReplicaError) {
        do throws(LogError) {
            try EventLog.inspect(file, on: volume, describing: BlockDescription.lines, body)
        } catch { throw .log(error) }
    }
}
