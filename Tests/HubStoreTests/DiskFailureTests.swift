import EventCore
import EventSamples
import HubStore
import LogStore
import ReplicaEngine
import Simulation
import SyncCore
import Testing

@testable import HubStore

/// A disk that refuses: whatever a hub asks of its log then fails, says why, and leaves nothing half done for the next start.
struct DiskFailureTests {
    private typealias Log = StoreLog<FaultyVolume>

    private static func events(_ seqs: ClosedRange<UInt64>) throws -> [Event] { try seqs.map { try .sample(1, $0, record: "r\($0)") } }

    /// What a hub asks of a log that has 400 events.
    private static let asked: [(name: String, call: @Sendable (StoreLog<FaultyVolume>) throws -> Void)] = [
        ("admit", { _ = try $0.admit(.events(try events(401...420)), under: AdmissionRules()) }),
        ("admit known", { _ = try $0.admit(.events(try events(70...100)), under: AdmissionRules()) }),
        (
            "sync",
            {
                _ = try $0.admit(.events(try events(401...401)), under: AdmissionRules()); try $0.sync()
            }
        ),
        ("digest", { _ = try $0.digest(at: Position(100)) }),
        ("agreement", { _ = try $0.agreement(with: chain(try events(1...100))[100]) }),
        ("critical", { _ = try $0.criticalEvents(from: Position(0)) }),
        ("page", { _ = try $0.events(Position(10)..<Position(20)) }),
        ("event", { _ = try $0.event(Dot(device: .sample(1), seq: 9)) }),
        ("blocks", { _ = try $0.blocks(Position(0)..<Position(400)) }),
    ]

    @Test(arguments: asked.map(\.name)) func `a disk that refuses is final, and is named`(name: String) throws {
        let call = try #require(Self.asked.first { $0.name == name }).call
        let disk = try HubDisk()
        var log = try disk.open()
        _ = try log.admit(.events(try Self.events(1...400)), under: AdmissionRules())
        try log.sync()
        log = try disk.reopen(log)
        disk.volume.inject(.inputOutput, at: 1, isForever: true)
        #expect(throws: HubLogError.failed) { try call(log) }
        #expect({ if case .log = log.failure { true } else { false } }())
        disk.volume.heal()
        log = try disk.reopen(log)
        #expect(log.end >= Position(400) && log.failure == nil)
        try call(log)
    }

    @Test func `a start that cannot read fails`() throws {
        let disk = try HubDisk()
        let log = try disk.open()
        _ = try log.admit(.events(try Self.events(1...50)), under: AdmissionRules())
        try log.sync()
        try log.store.close()
        var number = 0
        repeat {
            number += 1
            disk.volume.inject(.inputOutput, at: number, isForever: true)
            if let opened = try? disk.open() {
                #expect(!disk.volume.hasStruck && opened.end == Position(50))
                break
            }
            disk.volume.heal()
        } while number < 1000
        #expect(number > 3)
    }

    @Test func `a journal that cannot be written says so, and has all of an append or nothing of it at the next start`() throws {
        let records = (1...4).map { HubRecord.noted(Position($0)) }
        let volume = FaultyVolume(seed: 3)
        try volume.createFolder("hub")
        func open() throws(JournalError) -> (journal: Journal<FaultyVolume>, state: HubState) {
            try Journal.open(in: "hub", on: volume, wall: 0) { WorkspaceID(bytes: Array(repeating: 1, count: 16)) }
        }
        for fault in VolumeFault.allCases {
            for number in 1...20 {
                volume.state = DiskState()
                try volume.createFolder("hub")
                volume.inject(fault, at: number, isForever: false)
                var kept = -1
                do {
                    let (journal, _) = try open()
                    kept = 0
                    for record in records {
                        try journal.append([record])
                        kept += 1
                    }
                } catch is JournalError {
                    #expect(kept == -1, "\(fault) at \(number)")
                } catch is VolumeError {
                    #expect(kept >= 0, "\(fault) at \(number)")
                }
                volume.heal()
                let state = try open().state
                let seen = [max(0, kept), min(max(0, kept) + 1, 4)].map { HubState(Array(records[..<$0])) }
                #expect(seen.contains(state), "\(fault) at \(number)")
            }
        }
    }

    @Test(arguments: [
        "[1]", "{}", #"[{"noted":-1}]"#, #"[{"what":1}]"#,
        #"[{"noted":1},{"vouched":"00000000-0000-4000-8000-000000000001","first":3,"last":2,"by":"00000000-0000-4000-8000-000000000001"}]"#,
        "[",
    ]) func `a line with a right checksum that no hub writes is damage`(text: String) throws {
        let volume = FaultyVolume()
        try volume.createFolder("hub")
        let path = "hub/journal"
        _ = try Journal.open(in: "hub", on: volume, wall: 0) { WorkspaceID(bytes: Array(repeating: 1, count: 16)) }
        let whole = try volume.wholeFile(path)
        let line = "\(Hexadecimal.text(Checksum.of(Array(text.utf8)))) \(text)\n"
        let good = "[{\"noted\":7}]"
        let next = "\(Hexadecimal.text(Checksum.of(Array(good.utf8)))) \(good)\n"
        try volume.replaceFile(path, by: path + ".new", in: "hub", with: whole + Array((line + next).utf8))
        #expect(throws: JournalError.damaged(file: path)) {
            try Journal.open(in: "hub", on: volume, wall: 0) { WorkspaceID(bytes: Array(repeating: 1, count: 16)) }
        }
        try volume.replaceFile(path, by: path + ".new", in: "hub", with: whole + Array(next.utf8))
        let state = try Journal.open(in: "hub", on: volume, wall: 0) { WorkspaceID(bytes: Array(repeating: 1, count: 16)) }.state
        #expect(state == HubState([.noted(Position(7))]))
    }
}
