package import EventCore
internal import LogStore

extension Replica {
    /// The records that the events from `position` on have changed, each once, and who wrote these events. Reads their blocks, and nothing before them.
    package func touched(from position: Position) throws(ReplicaError) -> (keys: [RecordKey], devices: Set<DeviceID>) {
        var (keys, known, devices): ([RecordKey], Set<RecordKey>, Set<DeviceID>) = ([], [], [])
        var next = position
        while next < end, let block = try storedBlock(containing: next) {
            for row in try rows(of: block).dropFirst(Int(next.index - block.first.index)) {
                devices.insert(row.dot.device)
                if known.insert(row.key).inserted { keys.append(row.key) }
            }
            next = Position(block.first.index + UInt64(block.header.count))
        }
        return (keys, devices)
    }
}
