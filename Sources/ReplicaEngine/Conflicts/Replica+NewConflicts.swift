package import EventCore
internal import LogStore

extension Replica {
    /// Some of the records that events from `position` on have changed, and that are in conflict now but were not before, in the log's order: the first ones, at most `limit`.
    ///
    /// Where very many were in conflict already it looks at some of them only, as each costs a look at its history.
    package func newConflicts(since position: Position, limit: Int) throws(ReplicaError) -> [RecordKey] {
        guard try openConflictCount() > 0 else { return [] }
        var found: [RecordKey] = []
        var looked = 0
        for key in try touched(from: position).keys {
            // Most records have one head, which is seen without making anything of them.
            guard let place = try place(of: key), table.hasSiblings(at: place), try decided(key)?.isOpen == true else { continue }
            guard found.count < limit, looked < limit * Self.looksPerConflict else { break }
            looked += 1
            if try conflict(key, at: .position(position))?.isOpen != true { found.append(key) }
        }
        return found
    }

    private static var looksPerConflict: Int { 8 }
}
