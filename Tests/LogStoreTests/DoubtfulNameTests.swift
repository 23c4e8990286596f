import EventCore
import LogStore
import Simulation
import Testing
import Workload

/// Found by the simulator (seeds 21, 39, 139, 150, 199, 265 of forty steps): a folder's sync that failed left a segment's name that could be seen and did not last.
@Suite struct DoubtfulNameTests {
    @Test(arguments: 1..<8, [VolumeFault.failedSync, .inputOutput])
    func `what is built on a name whose sync had failed survives a power loss`(number: Int, fault: VolumeFault) throws {
        for seed in 0..<12 as Range<UInt64> {
            let volume = FaultyVolume(try LogScript.emptyDisk, seed: seed)
            let log = try EventLog.create(in: LogScript.store, storeID: NumberedEvents.storeID, on: volume, options: NumberedEvents.options)
            try log.commit([NumberedEvents.block(0..<5)])
            volume.inject(fault, at: number, isForever: false)
            do throws(LogError) {
                try log.seal()
                try log.commit([NumberedEvents.block(5..<7)])
            } catch {}
            let killed = FaultyVolume(volume.state.afterKill(), seed: seed)
            let next = try EventLog.open(in: LogScript.store, on: killed, access: .writing, options: NumberedEvents.options)
            let end = next.end.index
            #expect(end >= 5)
            try next.commit([NumberedEvents.block(end..<(end + 3))])
            var random = SeededRandom(seed: seed)
            for _ in 0..<4 {
                let after = FaultyVolume(killed.state.afterPowerLoss(&random))
                let opened = try EventLog.open(in: LogScript.store, on: after, access: .writing, options: NumberedEvents.options)
                #expect(opened.end.index == end + 3, "seed \(seed), \(fault) at \(number)")
            }
        }
    }
}
