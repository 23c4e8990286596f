import Crypto
import EventCore
import EventSamples
import HubStore
import LogStore
import ReplicaEngine
import Simulation
import SyncCore
import Testing

/// A hub's log on disk: what it says of its order, its chains and its events, now and after a start.
struct StoreLogTests {
    private let disk: HubDisk

    init() throws { disk = try HubDisk() }

    /// Events of two devices in turns, each of a record of its own, one in fifty critical.
    private static func events(_ count: Int, padding: Int = 0) throws -> [Event] {
        let value = "\"" + String(repeating: "x", count: padding) + "\""
        var events: [Event] = []
        for number in 0..<UInt64(count) {
            let isCritical = number % 50 == 7
            events.append(try Event.sample(1 + number % 2, 1 + number / 2, record: "r\(number)", isCritical: isCritical, value: value))
        }
        return events
    }

    /// What the format says that stands for all events before a position.
    private static func digest(of events: some Collection<Event>) -> Hash256? {
        var (digest, rest) = ([UInt8](repeating: 0, count: 32), events[...])
        while !rest.isEmpty {
            var bytes = digest
            for event in rest.prefix(256) {
                bytes += event.dot.device.bytes
                bytes.append(bigEndian: event.dot.seq)
            }
            digest = Array(SHA256.hash(data: bytes))
            rest = rest.dropFirst(256)
        }
        return Hash256(digest)
    }

    @Test func `a log is made once, and is the same one afterwards`() throws {
        let log = try disk.open()
        #expect(log.store.name == "hub" && log.end == Position(0) && log.heads.isEmpty)
        let id = log.id
        try log.store.close()
        let again = try StoreLog.open(in: HubDisk.folder, on: disk.volume, options: LogOptions()) {
            Issue.record("it has an identity")
            return []
        }
        #expect(again.id == id)
    }

    @Test func `a folder that cannot be read is no reason to make a new log`() throws {
        _ = try disk.open().store.close()
        disk.volume.inject(.inputOutput, at: 1, isForever: true)
        #expect(throws: ReplicaError.self) { try disk.open() }
        disk.volume.heal()
        #expect(try disk.open().end == Position(0))
    }

    @Test func `order, chains and critical events are those of the events, also after a start`() throws {
        let events = try Self.events(700)
        var log = try disk.open()
        for start in stride(from: 0, to: 700, by: 70) {
            _ = try log.admit(.events(Array(events[start..<start + 70])), under: AdmissionRules())
        }
        try log.sync()
        let chains = (0...1).map { device in chain(stride(from: device, to: 700, by: 2).map { events[$0] }) }
        for _ in 0..<2 {
            for position in [0, 1, 2, 255, 256, 257, 300, 511, 512, 513, 699, 700] {
                #expect(try log.digest(at: Position(UInt64(position))) == Self.digest(of: events[..<position]), "at \(position)")
            }
            #expect(try log.digest(at: Position(701)) == nil)
            for heads in chains {
                for seq in [0, 1, 63, 64, 65, 127, 128, 200, 349, 350] {
                    #expect(try log.agreement(with: heads[seq]) == .same, "seq \(seq)")
                    let other = ChainHead(dot: heads[seq].dot, hash: heads[(seq + 1) % 350].hash)
                    #expect(try log.agreement(with: other) == (seq == 0 ? .same : .other), "seq \(seq)")
                }
                let dot = Dot(device: heads[0].dot.device, seq: 351)
                #expect(try log.agreement(with: ChainHead(dot: dot, hash: .zero)) == .beyond)
            }
            let stranger = ChainHead(dot: Dot(device: .sample(9), seq: 1), hash: .zero)
            #expect(try log.agreement(with: stranger) == .beyond)
            #expect(log.heads == chains.map { $0[350] })
            #expect(try log.criticalEvents(from: Position(10)).map(\.dot) == events[10...].filter(\.isCritical).map(\.dot))
            #expect(try log.event(events[123].dot) == events[123])
            #expect(try log.event(Dot(device: .sample(1), seq: 351)) == nil)
            log = try disk.reopen(log)
        }
    }

    @Test func `pages have the events of their positions, whether they are new, old, or read on from`() throws {
        let events = try Self.events(900)
        var log = try disk.open()
        _ = try log.admit(.events(events), under: AdmissionRules())
        try log.sync()
        for _ in 0..<2 {
            // More places than are kept to read on from.
            var places = (0..<12).map { $0 * 60 }
            while places.contains(where: { $0 < 900 }) {
                for number in places.indices where places[number] < 900 {
                    let end = min(900, places[number] + 90)
                    let page = try log.events(Position(UInt64(places[number]))..<Position(UInt64(end)))
                    #expect(page.map(\.event) == Array(events[places[number]..<end]))
                    #expect(page.map(\.position.index) == Array(UInt64(places[number])..<UInt64(end)))
                    places[number] = end
                }
            }
            log = try disk.reopen(log)
        }
        #expect(try log.events(Position(900)..<Position(910)).isEmpty)
    }

    @Test func `a page ends when its events have four mebibytes`() throws {
        let events = try Self.events(24, padding: 250_000)
        var log = try disk.open()
        _ = try log.admit(.events(events), under: AdmissionRules())
        try log.sync()
        for _ in 0..<2 {
            var got: [Event] = []
            while got.count < events.count {
                let page = try log.events(Position(UInt64(got.count))..<Position(24)).map(\.event)
                let bytes = page.map(\.canonicalJSON.count)
                #expect(bytes.dropLast().reduce(0, +) < 4 << 20)
                #expect(got.count + page.count == 24 || bytes.reduce(0, +) >= 4 << 20)
                got += page
            }
            #expect(got == events)
            log = try disk.reopen(log)
        }
    }
}
