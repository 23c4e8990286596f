import EventCore
import LogStore
import Simulation
import Testing

@Suite struct LockTests {
    @Test func `a second writer is told who holds the lock, and a reader needs none`() throws {
        let volume = FaultyVolume(try SmallLog().state)
        let options = LogOptions(holder: LockHolder(process: 4711, command: "syncline serve --data x"))
        let first = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: options)
        let error = LogError.locked(by: LockHolder(process: 4711, command: "syncline serve --data x"))
        #expect(throws: error) { _ = try EventLog.open(in: LogScript.store, on: volume, access: .writing) }
        #expect(throws: error) { _ = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume) }
        #expect(try LogContent(of: EventLog.open(in: LogScript.store, on: volume, access: .reading)).ids.count == 18)
        try first.close()
        let second = try EventLog.open(in: LogScript.store, on: volume, access: .writing)
        #expect(second.end == first.end)
    }

    /// Found by reading: a writer that waited while a store was mended held the lock of the store that had been put aside.
    @Test func `a writer in front of whom another store took this one's place has the lock of that one`() throws {
        let state = try SmallLog().state
        let lock = LogScript.store + "/lock"
        let rehearsal = FaultyVolume(state)
        try EventLog.open(in: LogScript.store, on: rehearsal, access: .writing).close()
        let locking = try #require(rehearsal.trace.firstIndex(of: "lock \(lock)"))
        for number in 1...(locking + 1) {
            let volume = FaultyVolume(state)
            volume.intrude(before: number) {
                #expect(throws: Never.self) {
                    try volume.rename(lock, to: lock + ".old")
                    volume.close(try volume.open(lock, .creating))
                }
            }
            let log = try EventLog.open(in: LogScript.store, on: volume, access: .writing)
            #expect(!volume.isIntrusionPending)
            #expect(throws: LogError.locked(by: LogOptions().holder), "before operation \(number)") {
                _ = try EventLog.open(in: LogScript.store, on: volume, access: .writing)
            }
            try log.close()
        }
    }

    @Test func `creating where there is a log is refused, and opening where there is none`() throws {
        let volume = FaultyVolume(try SmallLog().state)
        #expect(throws: LogError.alreadyThere(folder: LogScript.store)) {
            _ = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume)
        }
        let empty = FaultyVolume(try LogScript.emptyDisk)
        for access in LogAccess.allCases {
            #expect(throws: LogError.noLog(folder: LogScript.store)) {
                _ = try EventLog.open(in: LogScript.store, on: empty, access: access)
            }
        }
        #expect(empty.state.files.isEmpty, "looking for a log made files")
    }

    @Test(arguments: LogScript.Step.allCases)
    func `a reader that a writer interrupts anywhere sees a prefix with everything that was acknowledged before`(step: LogScript.Step)
        throws
    {
        for number in 1... {
            let volume = FaultyVolume(try LogScript.emptyDisk)
            var script = LogScript(on: volume, seed: 21)
            try script.run(steps: 15)
            nonisolated(unsafe) var writer = script
            for quiet in [LogScript.Step.append, .commit, .append] { try writer.perform(quiet) }
            let acknowledged = writer.promises[writer.promises.count - 1].acknowledged
            volume.intrude(before: number) {
                // Twice, so that what the reader holds may be replaced and a further segment begun.
                for _ in 0..<2 { _ = try? (writer.perform(step), writer.perform(.commit)) }
            }
            let log = try EventLog.open(in: LogScript.store, on: volume, access: .reading, options: NumberedEvents.options)
            let content = try LogContent(of: log)
            let commit = writer.contents.firstIndex(of: content)
            #expect((commit ?? -1) >= acknowledged, "\(step) before operation \(number): commit \(String(describing: commit))")
            #expect(try EventLog.verify(in: LogScript.store, on: volume).problems == [], "\(step) before operation \(number)")
            if volume.isIntrusionPending { break }
        }
    }
}
