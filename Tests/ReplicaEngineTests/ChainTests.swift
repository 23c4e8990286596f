import Crypto
import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

/// Chains of a store: the same whatever the log looks like, with the cache, without it, and with a wrong one.
struct ChainTests {
    private static let seeds = Array(0..<8 as Range<UInt64>)
    private static let file = "disk/store/chains"

    /// Hashed with nothing but the contract.
    private static func expected(_ events: [Event]) -> [DeviceID: [UInt8]] {
        var hashes: [DeviceID: [UInt8]] = [:]
        for event in events.sorted(by: { $0.dot < $1.dot }) {
            let before = hashes[event.dot.device] ?? [UInt8](repeating: 0, count: 32)
            let bytes = Array("syncline/chain/1\0".utf8) + event.dot.device.bytes + before + event.canonicalJSON
            hashes[event.dot.device] = Array(SHA256.hash(data: bytes))
        }
        return hashes
    }

    private static func heads(_ replica: Replica<FaultyVolume>) throws -> [DeviceID: [UInt8]] {
        Dictionary(uniqueKeysWithValues: try replica.chainHeads().map { ($0.dot.device, $0.hash.bytes) })
    }

    @Test(arguments: seeds) func `at any moment of a store's life the chains are those of its events`(seed: UInt64) throws {
        let history = try ReferenceTests.history(seed)
        let volume = FaultyVolume()
        var replica = try ReferenceTests.replica(on: volume)
        var random = SeededRandom(seed: seed)
        var rest = history.shuffledCausally(seed: seed)[...]
        var taken: [Event] = []
        while !rest.isEmpty {
            let piece = Array(rest.prefix(1 + random.below(20)))
            rest = rest.dropFirst(piece.count)
            let position = replica.end
            _ = try replica.ingest(piece)
            taken += piece
            if random.chance(1, in: 3) { replica.followChains(piece, from: position) }
            if random.chance(1, in: 3) { try replica.checkpoint() }
            if random.chance(1, in: 2) { #expect(try Self.heads(replica) == Self.expected(taken), "seed \(seed), \(taken.count)") }
            guard random.chance(1, in: 4) else { continue }
            try replica.close()
            replica = try Replica.open(in: "disk/store", on: volume, access: .writing)
        }
        #expect(try Self.heads(replica) == Self.expected(history.events), "seed \(seed)")
        let some = history.events.filter { _ in random.chance(1, in: 4) }
        let found = try replica.chainHeads(at: some.map(\.dot) + [Dot(device: DeviceID(high: 9, low: 9), seq: 1)])
        for head in found {
            let upTo = history.events.filter { $0.dot.device == head.dot.device && $0.dot.seq <= head.dot.seq }
            #expect(head.hash.bytes == Self.expected(upTo)[head.dot.device], "seed \(seed)")
        }
        #expect(Set(found.map(\.dot)) == Set(some.map(\.dot)))
    }

    /// A store whose chains are cached at a sealed end, with events behind it.
    private static func cached(_ volume: FaultyVolume) throws -> [Event] {
        let history = try ReferenceTests.history(3)
        let replica = try ReferenceTests.replica(on: volume)
        _ = try replica.ingest(Array(history.events[..<40]))
        try replica.checkpoint()
        _ = try replica.chainHeads()
        _ = try replica.ingest(Array(history.events[40...]))
        try replica.close()
        return history.events
    }

    @Test func `the cache is used, and whatever is damaged in it, nothing changes but the time`() throws {
        let volume = FaultyVolume()
        let events = try Self.cached(volume)
        let text = try volume.wholeFile(Self.file)
        func heads() throws -> [DeviceID: [UInt8]] {
            try Self.heads(try Replica.open(in: "disk/store", on: volume, access: .reading))
        }
        #expect(try heads() == Self.expected(events))
        // Another hash under a right checksum is believed, so the cache is what is read; a deep check finds it.
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").dropLast().map(String.init)
        let wrong = lines.dropLast() + [String(try #require(lines.last).dropLast(4)) + "0000"]
        let body = Array(wrong.map { $0 + "\n" }.joined().utf8)
        let sum = Hash256(Array(SHA256.hash(data: body)))?.description ?? ""
        try volume.replaceFile(Self.file, by: Self.file + ".new", in: "disk/store", with: body + Array("\(sum)\n".utf8))
        #expect(try heads() != Self.expected(events))
        #expect(try Replica.verify(in: "disk/store", on: volume, deep: true).isChainCacheWrong)
        for bit in stride(from: 0, to: text.count * 8, by: 7) {
            var damaged = text
            damaged[bit / 8] ^= 1 << (bit % 8)
            try volume.replaceFile(Self.file, by: Self.file + ".new", in: "disk/store", with: damaged)
            #expect(try heads() == Self.expected(events), "bit \(bit)")
        }
        for length in stride(from: 0, to: text.count, by: 11) {
            try volume.replaceFile(Self.file, by: Self.file + ".new", in: "disk/store", with: Array(text[..<length]))
            #expect(try heads() == Self.expected(events), "cut to \(length)")
        }
        #expect(try !Replica.verify(in: "disk/store", on: volume, deep: true).isChainCacheWrong)
    }

    @Test func `the cache of another log is none`() throws {
        let volume = FaultyVolume()
        _ = try Self.cached(volume)
        let text = try volume.wholeFile(Self.file)
        let other = FaultyVolume()
        let history = try ReferenceTests.history(4)
        let replica = try ReferenceTests.replica(on: other)
        _ = try replica.ingest(Array(history.events[..<40]))
        try replica.checkpoint()
        try other.replaceFile(Self.file, by: Self.file + ".new", in: "disk/store", with: text)
        #expect(try Self.heads(replica) == Self.expected(Array(history.events[..<40])))
    }
}
