import EventCore
import LogStore
import Simulation
import Testing
import Workload

/// A crash after every volume operation of a script, and everything that may be left then.
@Suite struct CrashTests {
    @Test(arguments: [1, 2] as [UInt64])
    func `after a power loss at any moment what was acknowledged is there and what is there was appended`(seed: UInt64) throws {
        let script = try Self.recordedScript(seed: seed)
        var random = SeededRandom(seed: seed ^ 0xC4A5)
        for (count, state) in script.volume.recordedStates {
            for future in 0..<2 {
                try Self.check(script, count, "seed \(seed), operation \(count), future \(future)").run(on: state.afterPowerLoss(&random))
            }
        }
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `after kill -9 at any moment all that was appended is there, also when the power fails after the next opening`(seed: UInt64) throws
    {
        let script = try Self.recordedScript(seed: seed)
        var random = SeededRandom(seed: seed ^ 0xC111)
        for (count, state) in script.volume.recordedStates {
            let name = "seed \(seed), operation \(count)"
            guard let opened = try Self.check(script, count, name).run(on: state.afterKill()) else { continue }
            let log = try EventLog.open(in: LogScript.store, on: opened, access: .reading, options: NumberedEvents.options)
            let commit = try #require(script.contents.firstIndex(of: LogContent(of: log)))
            let check = SurvivalCheck(contents: script.contents, bounds: commit...commit, name: name + ", then power loss")
            try check.run(on: opened.state.afterPowerLoss(&random))
        }
    }

    @Test(arguments: [6] as [UInt64], [false, true])
    func `recovery itself may be interrupted anywhere, after a power loss and after kill -9`(seed: UInt64, isKilled: Bool) throws {
        let script = try Self.recordedScript(seed: seed)
        var random = SeededRandom(seed: seed ^ 0x4EC0)
        for (count, state) in script.volume.recordedStates {
            let name = "seed \(seed), operation \(count)"
            let left = isKilled ? state.afterKill() : state.afterPowerLoss(&random)
            guard random.chance(1, in: 5), Self.hasWork(left) else { continue }
            let check = try Self.check(script, count, name)
            guard let opened = try check.run(on: left, recordRecovery: true) else { continue }
            for (step, midway) in opened.recordedStates {
                try Self.check(script, count, name + ", operation \(step) of recovery, killed").run(on: midway.afterKill())
                for future in 0..<3 {
                    let name = name + ", operation \(step) of recovery, future \(future)"
                    try Self.check(script, count, name).run(on: midway.afterPowerLoss(&random))
                }
            }
        }
    }

    /// Whether recovery has something to mend.
    private static func hasWork(_ state: DiskState) -> Bool {
        let log = try? EventLog.open(
            in: LogScript.store, on: FaultyVolume(state), access: .writing, options: NumberedEvents.options)
        return log?.recovery.isClean == false
    }

    @Test func `a script of forty steps does everything`() throws {
        let script = try Self.recordedScript(seed: 1)
        #expect(script.promises.count >= 40)
        let trace = script.volume.trace
        for operation in ["create ", "write ", "syncData ", "rename ", "syncFolder ", "truncate ", "dropCache ", "remove "] {
            #expect(trace.contains { $0.hasPrefix(operation) }, "\(operation)")
        }
    }

    @Test func `the scripts leave room behind the end of a segment, whole and with torn commits in front of it`() throws {
        var (rooms, torn) = (0, 0)
        var random = SeededRandom(seed: 3)
        for seed in [1, 2, 4, 5, 6] as [UInt64] {
            for (_, state) in try Self.recordedScript(seed: seed).volume.recordedStates {
                let lines = state.afterPowerLoss(&random).files.filter { $0.key.hasSuffix(".segment") }.values
                    .map { FileInspection.lines(of: $0) }
                rooms += lines.count { $0.last?.contains("room, ") == true }
                torn += lines.count { $0.last?.contains("room, ") == true && $0.dropLast().last?.contains("bytes") == true }
            }
        }
        #expect(rooms > 100 && torn > 10, "\(rooms) with room, \(torn) of them torn")
    }

    static func recordedScript(seed: UInt64) throws -> LogScript {
        let volume = FaultyVolume(try LogScript.emptyDisk, seed: seed)
        volume.recordStates()
        var script = LogScript(on: volume, seed: seed)
        try script.run(steps: 42)
        return script
    }

    static func check(_ script: LogScript, _ operationCount: Int, _ name: String) throws -> SurvivalCheck {
        let created = script.promises.count > 1 ? script.promises[1].operationCount : Int.max
        return SurvivalCheck(
            contents: script.contents, bounds: script.bounds(after: operationCount), mayBeAbsent: operationCount < created, name: name)
    }
}
