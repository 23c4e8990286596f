import EventCore
import LogStore
import Simulation
import Testing
import Workload

/// Opens what is left of a log and holds it to what was promised.
struct SurvivalCheck {
    /// The content after each commit.
    let contents: [LogContent]
    /// How many commits must be there at least, and may be there at most.
    let bounds: ClosedRange<Int>
    /// Whether the log may not be there at all.
    var mayBeAbsent = false
    /// Whether a sync has failed, so that the cache may show a reader what a writer finds lost.
    var mayCacheLie = false
    let name: String

    /// Checks a disk; returns what recovery made of it.
    @discardableResult
    func run(on state: DiskState, recordRecovery: Bool = false) throws -> FaultyVolume? {
        let volume = FaultyVolume(state)
        let read = try content(volume, .reading)
        if recordRecovery { volume.recordStates() }
        guard let written = try content(volume, .writing) else {
            #expect(mayBeAbsent && read == nil, "\(name): no log")
            return nil
        }
        #expect(mayCacheLie || read == written, "\(name): a reader sees what recovery keeps")
        let before = volume.state.files.filter { $0.key != LogScript.store + "/lock" }
        let again = try EventLog.open(in: LogScript.store, on: volume, access: .writing, options: NumberedEvents.options)
        #expect(again.recovery.isClean, "\(name): the second opening finds nothing to do")
        #expect(before == volume.state.files.filter { $0.key != LogScript.store + "/lock" }, "\(name): the second opening changes nothing")
        try checkCheckpoint(again)
        return volume
    }

    private func content(_ volume: FaultyVolume, _ access: LogAccess) throws -> LogContent? {
        do {
            let log = try EventLog.open(in: LogScript.store, on: volume, access: access, options: NumberedEvents.options)
            let content = try LogContent(of: log)
            let commit = contents.firstIndex(of: content)
            #expect(commit.map(bounds.contains) == true, "\(name): commit \(String(describing: commit)) is not in \(bounds)")
            #expect(log.storeID == NumberedEvents.storeID)
            return content
        } catch LogError.noLog {
            return nil
        }
    }

    private func checkCheckpoint(_ log: EventLog<FaultyVolume>) throws {
        let search = log.readCheckpoint()
        guard let image = search.image else { return }
        #expect(image.end.position <= log.end)
        #expect(image.bytes(of: 0) == LogScript.checkpointSection(at: image.end.position), "\(name): checkpoint")
        #expect(image.sizesBytes == [300, 5, 0])
    }
}
