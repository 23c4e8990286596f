import EventCore
import LogStore
import Simulation

/// A log of three segments: two sealed, one active with a few commits, all acknowledged; and a checkpoint.
struct SmallLog {
    let state: DiskState
    let content: LogContent
    /// The content after each commit.
    let contents: [LogContent]
    /// Paths of the segments, in order.
    let segments: [String]
    let checkpoint: String

    init() throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
        var (events, contents): (UInt64, [LogContent]) = (0, [LogContent(events: 0, waiting: 0)])
        func commit(_ sizes: [UInt64]) throws {
            let blocks = sizes.map { size in
                defer { events += size }
                return NumberedEvents.block(events..<(events + size))
            }
            try log.commit(blocks)
            contents.append(LogContent(events: events, waiting: 0))
        }
        for sizes in [[3, 1], [2]] as [[UInt64]] { try commit(sizes) }
        try log.seal()
        for sizes in [[1], [1, 1, 2]] as [[UInt64]] { try commit(sizes) }
        try log.seal(repacking: repacked)
        try LogScript.writeCheckpoint(log)
        for sizes in [[2], [1], [3, 1]] as [[UInt64]] { try commit(sizes) }
        try log.close()
        var state = volume.state
        state.settle()
        self.state = state
        self.contents = contents
        content = contents[contents.count - 1]
        let files = state.files.keys.sorted()
        segments = files.filter { $0.hasSuffix(".segment") }
        checkpoint = files.first { $0.hasSuffix(".checkpoint") } ?? ""
    }

    /// A log of one segment with two small commits.
    init(tinyAndSealed isSealed: Bool) throws {
        let volume = FaultyVolume(try LogScript.emptyDisk)
        let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
        try log.commit([NumberedEvents.block(0..<1)])
        try log.commit([NumberedEvents.block(1..<2), NumberedEvents.block(2..<3)])
        if isSealed { try log.seal() }
        try log.close()
        var state = volume.state
        state.settle()
        self.state = state
        contents = [0, 1, 3].map { LogContent(events: $0, waiting: 0) }
        content = LogContent(events: 3, waiting: 0)
        segments = state.files.keys.filter { $0.hasSuffix(".segment") }
        checkpoint = ""
    }

    /// What opening and reading a disk gives: the content, or the error that refused it.
    static func reopen(_ state: DiskState, _ access: LogAccess) -> Result<LogContent, any Error> {
        Result {
            let log = try EventLog.open(in: LogScript.store, on: FaultyVolume(state), access: access, options: NumberedEvents.options)
            return try LogContent(of: log)
        }
    }

    /// Which slot of the acknowledged mark an inspection calls the newest.
    static func newestSlot(_ state: DiskState, _ path: String) -> Int? {
        let marks = FileInspection.lines(of: state.files[path] ?? []).filter { $0.contains("acknowledged mark") }
        return marks.firstIndex { $0.hasSuffix("newest") }
    }

    static func verify(_ state: DiskState) throws -> LogVerification {
        try EventLog.verify(in: LogScript.store, on: FaultyVolume(state))
    }
}
