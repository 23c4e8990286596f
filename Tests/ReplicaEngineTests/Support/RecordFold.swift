import EventCore
import LogStore

@testable import ReplicaEngine

/// The fold of some of a store's events from the oldest on, by the same table that folds the store: what reading backwards is held to.
enum RecordFold {
    /// The fold of some of a record's events, causes before effects, with the times of all of them; nil when there are none.
    static func folded(_ events: [Event], _ key: RecordKey) throws(ReplicaError) -> Record? {
        guard !events.isEmpty else { return nil }
        var table = RecordTable(.scratch)
        var packer = BlockPacker(kind: .events)
        for event in events { packer.append(event, context: .whole(event.context)) }
        for block in packer.finish() {
            let padded = block.bytes + [UInt8](repeating: 0, count: RecordTable.slackBytes)
            let result = padded.withUnsafeBytes { bytes in
                Result { () throws(BlockError) in try table.fold(try BlockHeader(checking: bytes), bytes) }
            }
            do throws(BlockError) { try result.get() } catch { throw .malformedBlock(at: Position(0)) }
        }
        let times = Dictionary(uniqueKeysWithValues: events.map { ($0.dot, $0.time) })
        guard let place = place(of: key, in: table) else { return nil }
        do throws(BlockError) { return try table.record(at: place).with(times: times) } catch { throw .malformedBlock(at: Position(0)) }
    }

    private static func place(of key: RecordKey, in table: borrowing RecordTable) -> RecordTable.Place? {
        do throws(CheckpointDamage) { return try table.place(of: key) } catch { preconditionFailure("this table has no checkpoint") }
    }
}
