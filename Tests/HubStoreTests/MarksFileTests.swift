import EventCore
import EventSamples
import LogStore
import ReplicaEngine
import Simulation
import SyncCore
import Testing
import Workload

@testable import HubStore

/// The file that spares a start the reading of the log: a log that is opened with it says what one says that was read, whatever became of the file.
struct MarksFileTests {
    private static let path = HubDisk.folder + "/marks"
    /// Of eight devices, with contexts.
    private static let events = Array(WorkloadW(events: 3000, seed: 11, options: .init(records: 60)))
    /// Some commits fill a segment.
    private static let options = LogOptions(segmentLimitBytes: 24 * 1024)

    private static func open(_ volume: FaultyVolume, read: (UInt64) -> Void = { _ in }) throws -> StoreLog<FaultyVolume> {
        var last: UInt64?
        let log = try StoreLog.open(
            in: HubDisk.folder, on: volume, options: options, progress: { done, _ in last = done }, identity: { (0..<32).map { $0 } })
        read(last ?? 0)
        return log
    }

    /// What a log says of its order and chains.
    private struct Sayings: Equatable {
        let heads: [ChainHead]
        let digests: [Hash256?]
        let hashes: [Hash256]

        init(_ log: StoreLog<FaultyVolume>) throws {
            heads = log.heads
            digests =
                try stride(from: 0, through: log.end.index, by: 256).map { try log.digest(at: Position($0)) }
                + [log.digest(at: log.end)]
            hashes = try log.heads.flatMap { head in
                try stride(from: 64, through: head.dot.seq, by: 64).map { try log.hash(at: Dot(device: head.dot.device, seq: $0)) }
            }
        }
    }

    /// What a log says that is read from its beginning, on the same disk.
    private static func read(_ state: DiskState) throws -> Sayings {
        var state = state
        if state.files[path] != nil { state.drop(path) }
        return try Sayings(open(FaultyVolume(state)))
    }

    /// A log with so many events, pushed in steps, as a hub does it.
    private static func push(_ range: Range<Int>, to log: StoreLog<FaultyVolume>, step: Int = 250) throws {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
            let batch = Array(events[start..<min(range.upperBound, start + step)])
            _ = try log.admit(.events(batch), under: AdmissionRules())
            try log.sync()
            log.tidy()
        }
    }

    private static func disk() throws -> FaultyVolume {
        let volume = FaultyVolume(seed: 5)
        try volume.createFolder("disk")
        var state = volume.state
        state.settle()
        volume.state = state
        return volume
    }

    @Test func `after each push a killed hub's log need not be read`() throws {
        let volume = try Self.disk()
        var log = try Self.open(volume)
        var segments: Set<Int> = []
        for start in stride(from: 0, to: 3000, by: 500) {
            try Self.push(start..<start + 500, to: log)
            let said = try Sayings(log)
            let state = volume.state.afterKill()
            let again = try Self.open(FaultyVolume(state)) { #expect($0 == 0, "\($0) events were read") }
            #expect(try Sayings(again) == said)
            #expect(try Self.read(state) == said)
            segments.insert(log.store.segmentCount)
            // Every second one goes on as the next process does.
            if start % 1000 == 0 {
                try log.close()
                log = try Self.open(volume) { #expect($0 == 0) }
            }
        }
        #expect(segments.count > 2)
    }

    @Test func `what came since the last commit is read, and kept when the hub has started`() throws {
        let volume = try Self.disk()
        let log = try Self.open(volume)
        try Self.push(0..<1000, to: log)
        _ = try log.admit(.events(Array(Self.events[1000..<1100])), under: AdmissionRules())
        let said = try Sayings(log)
        let next = FaultyVolume(volume.state.afterKill())
        let again = try Self.open(next) { #expect($0 == 1100) }
        #expect(try Sayings(again) == said)
        again.keepMarks()
        let third = try Self.open(FaultyVolume(next.state.afterKill())) { #expect($0 == 0) }
        #expect(try Sayings(third) == said)
    }

    @Test func `packed blocks are noted as events are`() throws {
        let volume = try Self.disk()
        try volume.createFolder("device")
        let source = try Replica.create(
            in: "device/store", on: volume, device: .sample(1), name: "source", storeID: StoreID(high: 1, low: 1))
        try source.adopt(Self.events)
        try source.checkpoint()
        let run = try source.packedBlocks(from: Position(0), upTo: source.end, limitBytes: 1 << 30)
        let body = try #require(BlocksBody(BlocksBody.bytes(object: Array("{}".utf8), blocks: run.bytes)))
        let log = try Self.open(volume)
        _ = try log.admit(.blocks(body), under: AdmissionRules())
        try log.sync()
        log.tidy()
        let said = try Sayings(log)
        #expect(log.end == source.end && log.store.segmentCount == 1)
        let state = volume.state.afterKill()
        let again = try Self.open(FaultyVolume(state)) { #expect($0 == 0) }
        #expect(try Sayings(again) == said)
        #expect(try Self.read(state) == said)
    }

    // MARK: - Files that are not what they should be

    /// The pieces as one.
    private static func joined(_ pieces: [MarksPiece]) throws -> MarksPiece {
        var chains: [DeviceID: MarksPiece.Chain] = [:]
        for chain in pieces.flatMap(\.chains) {
            let device = chain.head.dot.device
            chains[device] = MarksPiece.Chain(head: chain.head, marks: (chains[device]?.marks ?? []) + chain.marks)
        }
        let sorted = chains.sorted { $0.key < $1.key }.map(\.value)
        return MarksPiece(end: try #require(pieces.last).end, chains: sorted, order: pieces.flatMap(\.order))
    }

    /// A file that is whole and of this log is believed: so a lie in it is told on.
    @Test func `what the file says is taken over, unless it is of another log or of another end`() throws {
        let volume = try Self.disk()
        let log = try Self.open(volume)
        try Self.push(0..<600, to: log)
        let id = LogIdentity(log.store.logID)
        let truth = try Sayings(log)
        try log.close()
        let whole = try Self.joined(MarksFile(in: HubDisk.folder, on: volume).pieces(of: id) { _ in true })
        let lie = try #require(Hash256([UInt8](repeating: 7, count: 32)))
        let sealed = whole.end.sealed
        let commit = try #require(whole.end.commit)
        func sayings(
            _ identity: LogIdentity, _ end: CommittedEnd, chains: [MarksPiece.Chain] = whole.chains, order: [Hash256]? = nil
        ) throws -> Sayings {
            let copy = FaultyVolume(volume.state)
            try MarksFile(in: HubDisk.folder, on: copy).replace(
                identity, by: MarksPiece(end: end, chains: chains, order: order ?? whole.order))
            return try Sayings(Self.open(copy))
        }
        #expect(try sayings(id, whole.end) == truth)
        let lying = [lie] + whole.order.dropFirst()
        #expect(try sayings(id, whole.end, order: lying) != truth)
        // Of another log, of a commit that is none, of an end that was cut off, of another sealed part.
        #expect(try sayings(LogIdentity(StoreID(high: 1, low: 2)), whole.end, order: lying) == truth)
        let others = [
            CommittedEnd.Commit(offset: commit.offset, position: commit.position, chain: commit.chain ^ 1),
            .init(offset: commit.offset, position: Position(commit.position.index - 1), chain: commit.chain),
            .init(offset: commit.offset - 1, position: commit.position, chain: commit.chain),
            .init(offset: commit.offset + 64, position: commit.position, chain: commit.chain),
            .init(offset: 1, position: commit.position, chain: commit.chain),
        ]
        for other in others { #expect(try sayings(id, CommittedEnd(sealed: sealed, commit: other), order: lying) == truth, "\(other)") }
        let elsewhere = SealedEnd(segment: 1, position: Position(0), digest: .none)
        #expect(try sayings(id, CommittedEnd(sealed: elsewhere, commit: sealed == elsewhere ? nil : commit), order: lying) == truth)
        // What does not fit together.
        #expect(try sayings(id, whole.end, order: lying + [lie]) == truth)
        #expect(try sayings(id, whole.end, chains: Array(whole.chains.dropLast()), order: lying) == truth)
        let first = try #require(whole.chains.first)
        let more = [MarksPiece.Chain(head: first.head, marks: first.marks + [lie])] + whole.chains.dropFirst()
        #expect(try sayings(id, whole.end, chains: more, order: lying) == truth)
        let beyond = ChainHead(dot: Dot(device: .sample(77), seq: first.head.dot.seq), hash: lie)
        #expect(
            try sayings(id, whole.end, chains: [.init(head: beyond, marks: first.marks)] + whole.chains.dropFirst(), order: lying) == truth)
    }

    @Test func `a file that is damaged anywhere, or cut, is used up to there`() throws {
        let volume = try Self.disk()
        let log = try Self.open(volume)
        try Self.push(0..<300, to: log, step: 100)
        try log.close()
        let truth = try Self.read(volume.state)
        let count = try #require(volume.state.files[Self.path]?.count)
        for offset in stride(from: 0, to: count, by: 23) {
            var state = volume.state
            state.flipBit(offset * 8 + offset % 8, of: Self.path)
            #expect(try Sayings(Self.open(FaultyVolume(state))) == truth, "bit in byte \(offset)")
            state = volume.state
            state.cut(Self.path, to: offset)
            #expect(try Sayings(Self.open(FaultyVolume(state))) == truth, "cut at \(offset)")
        }
    }

    // MARK: - Crashes and failures

    @Test func `a crash at any moment leaves a file that is no lie`() throws {
        let volume = try Self.disk()
        let log = try Self.open(volume)
        try Self.push(0..<500, to: log, step: 250)
        volume.recordStates()
        try Self.push(500..<900, to: log, step: 200)
        try log.close()
        var random = SeededRandom(seed: 3)
        #expect(volume.recordedStates.count > 20)
        for (number, state) in volume.recordedStates {
            let crashed = number % 2 == 0 ? state.afterKill() : state.afterPowerLoss(&random)
            let next = FaultyVolume(crashed)
            let opened = try Self.open(next)
            #expect(try Sayings(opened) == Self.read(crashed), "operation \(number)")
            let end = Int(opened.end.index)
            #expect(end >= 500)
            try Self.push(end..<end + 50, to: opened)
            #expect(try Sayings(Self.open(FaultyVolume(next.state.afterKill()))) == Self.read(next.state), "operation \(number)")
        }
    }

    @Test(arguments: VolumeFault.allCases) func `a file that cannot be written is no harm`(fault: VolumeFault) throws {
        let begun = try Self.disk()
        try Self.push(0..<200, to: Self.open(begun))
        var number = 0
        while number < 200 {
            number += 1
            let volume = FaultyVolume(begun.state, seed: UInt64(number))
            let log = try Self.open(volume)
            volume.inject(fault, at: number, isForever: false)
            try? Self.push(200..<500, to: log, step: 100)
            try? log.close()
            let isOver = !volume.hasStruck
            volume.heal()
            let state = volume.state.afterKill()
            #expect(try Sayings(Self.open(FaultyVolume(state))) == Self.read(state), "\(fault) at \(number)")
            if isOver { break }
        }
        #expect(number > 5 && number < 200)
    }

    @Test func `a disk that cannot be read is not a file that is missing`() throws {
        let volume = try Self.disk()
        let log = try Self.open(volume)
        try Self.push(0..<300, to: log)
        let end = log.store.committedEnd
        volume.inject(.inputOutput, at: 1, isForever: true)
        #expect(throws: ReplicaError.self) { try log.store.contains(end) }
        volume.heal()
        #expect(try log.store.contains(end))
    }
}
