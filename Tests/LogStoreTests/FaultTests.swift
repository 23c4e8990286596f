import EventCore
import LogStore
import Simulation
import Testing
import Workload

/// The n-th volume operation fails, for every n.
@Suite struct FaultTests {
    @Test(arguments: VolumeFault.allCases, [false, true])
    func `whatever fails, nothing acknowledged is lost, writing ends, and the log opens again when the disk is well`(
        fault: VolumeFault, isForever: Bool
    ) throws {
        var random = SeededRandom(seed: 77)
        for number in 1... {
            let name = "\(fault)\(isForever ? " for ever" : ""), number \(number)"
            let volume = FaultyVolume(try LogScript.emptyDisk, seed: UInt64(number))
            var script = LogScript(on: volume, seed: 11)
            volume.inject(fault, at: number, isForever: isForever)
            let error = Result { try script.run(steps: 16) }
            guard volume.hasStruck else { break }
            if fault == .shortWrite {
                #expect(throws: Never.self, "\(name): short writes are completed") { try error.get() }
            } else if case .failure = error, let log = script.log {
                try Self.checkFailStop(log, error, name)
            }
            volume.heal()
            script.forgetLog()
            let last = script.promises[script.promises.count - 1]
            var check = SurvivalCheck(
                contents: script.contents, bounds: last.acknowledged...(script.contents.count - 1),
                mayBeAbsent: last.operationCount == 0, mayCacheLie: true, name: name)
            try check.run(on: volume.state.afterKill())
            check.mayCacheLie = false
            try check.run(on: volume.state.afterPowerLoss(&random))
        }
    }

    /// After a write or sync failed nothing is written any more; after anything else the log goes on.
    private static func checkFailStop(_ log: EventLog<FaultyVolume>, _ result: Result<Void, any Error>, _ name: String) throws {
        guard case .failure(let error as LogError) = result else { return }
        switch error {
        case .appendFailed(let cause, _), .syncFailed(let cause), .sealFailed(let cause):
            let block = NumberedEvents.block(log.end.index..<(log.end.index + 1))
            #expect(throws: LogError.failedBefore(cause), "\(name)") { try log.append([block]) }
            #expect(throws: LogError.failedBefore(cause), "\(name)") { try log.sync() }
            #expect(throws: LogError.failedBefore(cause), "\(name)") { try log.seal() }
        case .volume: break
        default: Issue.record("\(name): \(error)")
        }
    }

    @Test func `a full disk says that nothing was written, and leaves a clean end`() throws {
        let small = try SmallLog()
        let volume = FaultyVolume(small.state, seed: 3)
        let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
        volume.inject(.noSpace, at: 1, isForever: true)
        let error = #expect(throws: LogError.self) { try log.commit([NumberedEvents.block(18..<30)]) }
        guard case .appendFailed(let cause, nothingWritten: true) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(cause.reason == .noSpace)
        #expect(try LogContent(of: log) == small.content)
        #expect(try SmallLog.verify(volume.state).result == .intact)
    }

    @Test func `a sync that failed is not trusted when it later succeeds`() throws {
        var random = SeededRandom(seed: 8)
        var lost = 0
        for seed in 0..<20 as Range<UInt64> {
            let volume = FaultyVolume(try SmallLog().state, seed: seed)
            let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
            // Several pages, so that the header's page is not the one that is lost.
            for _ in 0..<4 { try log.commit([NumberedEvents.block(log.end.index..<(log.end.index + 100))]) }
            let end = log.end.index
            try log.append([NumberedEvents.block(end..<(end + 40))])
            volume.inject(.failedSync, at: 1, isForever: false)
            #expect(throws: LogError.self) { try log.sync() }
            // The next process: the cache still shows the commit, and its own sync succeeds.
            let next = FaultyVolume(volume.state.afterKill())
            let opened = try EventLog.open(in: LogScript.store, on: next, access: .writing, options: NumberedEvents.options)
            let content = try LogContent(of: opened)
            try opened.close()
            #expect(try SmallLog.reopen(next.state.afterPowerLoss(&random), .reading).get() == content, "seed \(seed)")
            if opened.end.index == end { lost += 1 }
        }
        #expect(lost > 0, "the fault never lost anything")
    }
}
