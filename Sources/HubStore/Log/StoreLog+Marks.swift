internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// What the `marks` file has already.
struct KeptMarks {
    /// Where the log ended when something was written last; nil before that.
    var end: CommittedEnd?
    /// What the settled pieces reach to.
    var position = Position(0)
    /// By device, of those that have gone on since the last settled piece, the seq that it has of them.
    var changed: [DeviceID: UInt64] = [:]
    /// The disk refused: nothing is written before the file is replaced as a whole.
    var isGivenUp = false

    /// So many events end a piece: that much more would have to be read again after a write was torn.
    static let pieceEvents: UInt64 = 4096
}

/// Chains and order that need not be reckoned again at the next start.
extension StoreLog {
    /// Notes how far chains and order have come, where they have come further: at once with each group commit, before it is durable. That it cannot be done is no harm.
    package func keepMarks() {
        let end = store.committedEnd
        // What the disk refused half of is not spoken of.
        guard end != kept.end, order.count == end.position.index else { return }
        let isNew = kept.end == nil || kept.end?.sealed != end.sealed
        guard isNew || !kept.isGivenUp else { return }
        do throws(VolumeError) {
            if isNew {
                try marksFile.replace(LogIdentity(store.logID), by: piece(at: end, behind: chains.mapValues { _ in 0 }, Position(0)))
            } else {
                try marksFile.write(piece(at: end, behind: kept.changed, kept.position), isSettled: isPieceFull)
            }
            if isNew || isPieceFull { (kept.position, kept.changed) = (end.position, [:]) }
            (kept.end, kept.isGivenUp) = (end, false)
        } catch { (kept.end, kept.isGivenUp) = (end, true) }
    }

    private var isPieceFull: Bool { store.end.index - kept.position.index >= KeptMarks.pieceEvents }

    private func piece(at end: CommittedEnd, behind seqs: [DeviceID: UInt64], _ position: Position) -> MarksPiece {
        let gone = seqs.sorted { $0.key < $1.key }.compactMap { device, seq in
            chains[device].map { MarksPiece.Chain(head: $0.head, marks: Array($0.marks(behind: seq))) }
        }
        return MarksPiece(end: end, chains: gone, order: Array(order.marks(behind: position)))
    }

    /// Takes over what the file has of this log.
    ///
    /// - Returns: up to where; what lies behind has to be read.
    func takeOverMarks() throws(ReplicaError) -> Position {
        let pieces = try marksFile.pieces(of: LogIdentity(store.logID)) { (piece) throws(ReplicaError) in
            try store.contains(piece.end)
        }
        guard let end = pieces.last?.end, let found = try Self.taken(pieces, upTo: end.position, of: store) else { return Position(0) }
        (chains, order) = found
        (kept.end, kept.position) = (end, end.position)
        return end.position
    }

    /// nil where the pieces do not fit together, or the log.
    private static func taken(
        _ pieces: [MarksPiece], upTo end: Position, of store: Replica<Storage>
    ) throws(ReplicaError) -> (chains: [DeviceID: ChainMarks], order: OrderDigest)? {
        var chains: [DeviceID: ChainMarks] = [:]
        for chain in pieces.lazy.flatMap(\.chains) {
            let device = chain.head.dot.device
            guard chains[device, default: ChainMarks(device)].goOn(to: chain.head, by: chain.marks) else { return nil }
        }
        let heads = chains.values.map(\.head.dot)
        let applied = store.versionVector
        guard heads.allSatisfy({ $0.seq <= applied[$0.device] }), heads.reduce(0, { $0 &+ $1.seq }) == end.index else { return nil }
        let order = try OrderDigest(at: end, marks: pieces.flatMap(\.order)) { (from) throws(ReplicaError) in
            var dots: [Dot] = []
            try store.dots(from: from, upTo: end) { dots.append($1) }
            return dots
        }
        return order.map { (chains, $0) }
    }
}
