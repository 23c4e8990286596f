import EventCore
import LogStore
import Simulation
import Workload

/// A program that uses a log in every way there is, and notes what it was promised.
struct LogScript {
    enum Step: CaseIterable { case append, sync, commit, seal, checkpoint, reopen, close }

    /// What holds after some number of volume operations.
    struct Promise {
        var operationCount = 0
        /// Commits that were appended, whether durable or not.
        var appended = 0
        /// Of these, commits that were acknowledged.
        var acknowledged = 0
    }

    static let store = "store"

    let volume: FaultyVolume
    /// The content after each commit; the first is that of an empty log.
    private(set) var contents = [LogContent(events: 0, waiting: 0)]
    /// After each step.
    private(set) var promises = [Promise()]
    private(set) var log: EventLog<FaultyVolume>?
    private var (events, waiting): (UInt64, UInt64) = (0, 0)
    private var random: SeededRandom

    init(on volume: FaultyVolume, seed: UInt64) {
        self.volume = volume
        random = SeededRandom(seed: seed)
    }

    /// A disk with an empty store folder.
    static var emptyDisk: DiskState {
        get throws {
            let volume = FaultyVolume()
            try volume.createFolder(store)
            var state = volume.state
            state.settle()
            return state
        }
    }

    /// Makes the log and does `count` random steps, each kind at least once when there are enough; stops at the first error.
    mutating func run(steps count: Int) throws {
        log = try EventLog.create(in: Self.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
        note { _ in }
        var steps = Array(repeating: Step.allCases, count: 2).flatMap(\.self)
        while steps.count < count { steps.append(random.chance(2, in: 3) ? .commit : Step.allCases[random.below(7)]) }
        steps.shuffle(using: &random)
        for step in steps.prefix(count) { try perform(step) }
    }

    /// One step. When it throws, the promises are those from before it, with one more commit perhaps appended.
    mutating func perform(_ step: Step) throws {
        let log = try log ?? EventLog.open(in: Self.store, on: volume, access: .writing, options: NumberedEvents.options)
        self.log = log
        switch step {
        case .append: try append(log)
        case .sync: try log.sync()
        case .commit:
            try append(log)
            try log.sync()
        case .seal: try log.seal(repacking: repacked)
        case .checkpoint:
            try log.seal(repacking: repacked)
            if log.sealedEnd != nil { try Self.writeCheckpoint(log) }
        case .reopen: self.log = nil
        case .close:
            try log.close()
            self.log = nil
        }
        let appended = contents.count - 1
        let isSynced = [.sync, .commit, .seal, .checkpoint].contains(step)
        note {
            $0.appended = appended
            if isSynced { $0.acknowledged = appended }
        }
    }

    /// Lets go of the log as a killed process does.
    mutating func forgetLog() { log = nil }

    private mutating func append(_ log: EventLog<FaultyVolume>) throws {
        var blocks: [LogBlock] = []
        for _ in 0...random.below(3) {
            let count = UInt64(random.below(6) + 1)
            if random.chance(1, in: 5) {
                let first = NumberedEvents.firstWaiting + waiting
                blocks.append(NumberedEvents.block(first..<(first + count), kind: .waiting))
                waiting += count
            } else {
                blocks.append(NumberedEvents.block(events..<(events + count)))
                events += count
            }
        }
        contents.append(LogContent(events: events, waiting: waiting))
        try log.append(blocks)
    }

    private mutating func note(_ change: (inout Promise) -> Void) {
        var promise = promises[promises.count - 1]
        change(&promise)
        promise.operationCount = volume.operationCount
        promises.append(promise)
    }

    /// A checkpoint whose sections follow from the position it is taken at.
    static func writeCheckpoint(_ log: EventLog<FaultyVolume>) throws {
        let first = checkpointSection(at: log.end)
        try first.withUnsafeBytes { first in
            try log.writeCheckpoint([first, UnsafeRawBufferPointer(rebasing: first[..<5]), UnsafeRawBufferPointer(rebasing: first[..<0])])
        }
    }

    static func checkpointSection(at position: Position) -> [UInt8] {
        var random = SeededRandom(seed: position.index)
        return (0..<300).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    /// What was promised when `operationCount` operations were done: at least, and at most.
    func bounds(after operationCount: Int) -> ClosedRange<Int> {
        let done = promises.last { $0.operationCount <= operationCount }?.acknowledged ?? 0
        let next = promises.first { $0.operationCount > operationCount }?.appended ?? contents.count - 1
        return done...max(done, next)
    }
}
