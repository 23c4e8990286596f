import EventCore
import Foundation
import LogStore
import ReplicaEngine
import Simulation
import Testing

/// Files of version 1 as they were first written, with what `inspect` says of them: they stay readable for ever, and today's program writes the same bytes.
///
/// Re-recorded only on purpose, with RECORD_GOLDENS=1 in the environment.
struct GoldenTests {
    private static let folder = "disk/store"
    private static var goldens: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Data/golden-1")
    }

    @Test func `today's program writes version 1 to the byte`() throws {
        let volume = try Self.written()
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" { try Self.record(volume) }
        for (name, bytes) in try Self.files(of: volume.state) {
            #expect(try Array(Data(contentsOf: Self.goldens.appending(path: name))) == bytes, "\(name)")
        }
    }

    @Test func `the goldens are read, and hold what they held`() throws {
        let replica = try Replica.open(in: Self.folder, on: FaultyVolume(try Self.state()), access: .reading)
        #expect(replica.end == Position(7) && replica.waitingCount == 1 && replica.foldedAtOpening == 2)
        #expect(try Self.hexadecimal(replica.stateDigest()) == Self.text("digest.txt"))
        #expect(try replica.conflicts().map(\.key.record.text) == ["trip"])
    }

    @Test func `their text twins say what the bytes mean`() throws {
        let volume = FaultyVolume(try Self.state())
        for name in ["00000001-000000000000.segment", "00000002-000000000005.segment"] {
            let lines = try Replica<FaultyVolume>.inspect(Self.folder + "/log/" + name, on: volume)
            #expect(lines.joined(separator: "\n") == (try Self.text(name + ".txt")), "\(name)")
        }
        let lines = try Replica<FaultyVolume>.inspect(Self.folder + "/checkpoint/000000000005.checkpoint", on: volume)
        #expect(lines.joined(separator: "\n") == (try Self.text("000000000005.checkpoint.txt")))
    }

    /// Of the active segment each bit; of the sealed one a bit of each byte, since LogStoreTests flip each of such a file.
    @Test(arguments: 0..<8) func `flipped bits of the goldens are clean errors or change nothing that is read`(bit: Int) throws {
        let whole = try Self.state()
        let digest = try Replica.open(in: Self.folder, on: FaultyVolume(whole), access: .reading).stateDigest()
        var withoutCheckpoint = whole
        withoutCheckpoint.drop(Self.folder + "/checkpoint/000000000005.checkpoint")
        for (name, isEach) in [("log/00000001-000000000000.segment", false), ("log/00000002-000000000005.segment", true)] {
            let path = Self.folder + "/" + name
            for byte in 0..<(whole.files[path]?.count ?? 0) where isEach || byte % 8 == bit {
                var state = withoutCheckpoint
                state.flipBit(byte * 8 + bit, of: path)
                do {
                    let replica = try Replica.open(in: Self.folder, on: FaultyVolume(state), access: .reading)
                    #expect(try replica.stateDigest() == digest, "\(name), byte \(byte), bit \(bit)")
                } catch ReplicaError.log {}
            }
        }
    }

    @Test func `every cut of the newest golden is an error, since all of it was acknowledged`() throws {
        let whole = try Self.state()
        let path = Self.folder + "/log/00000002-000000000005.segment"
        for count in 0..<(whole.files[path]?.count ?? 0) {
            var state = whole
            state.cut(path, to: count)
            #expect(throws: ReplicaError.self, "\(count) bytes") {
                try Replica.open(in: Self.folder, on: FaultyVolume(state), access: .writing)
            }
        }
    }

    // MARK: - Helpers

    /// A store with everything a store can hold: a conflict, a delete, a note, long and short values, a waiting event, a sealed and an active segment, a checkpoint.
    private static func written() throws -> FaultyVolume {
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        let replica = try Replica.create(
            in: folder, on: volume, device: DeviceID(high: 0x467f_d1e3_dd18_4468, low: 0xa980_b6b4_5d94_434a), name: "laptop",
            storeID: StoreID(high: 1, low: 2))
        let phone = DeviceID(high: 0x4e1f_bf6a_1fd9_49f8, low: 0xb95e_bd86_fe84_9925)
        func value(_ json: String) -> FieldValue { FieldValue(uncheckedCanonical: Array(json.utf8)) }
        func key(_ record: String) throws -> RecordKey { try RecordKey(collection: Name("notes"), record: Name(record)) }
        let first = Draft(
            key: try key("trip"),
            body: try .writing(set: [
                FieldWrite(field: Name("title"), value: value("\"To the sea\"")), FieldWrite(field: Name("days"), value: value("3")),
                FieldWrite(field: Name("text"), value: value("\"\(String(repeating: "long ", count: 20))\"")),
                FieldWrite(field: Name("share"), value: value("0.5")), FieldWrite(field: Name("open"), value: value("true")),
            ]), note: try Note("first plan"), isCritical: true)
        let start = try replica.commit([first], wall: 1_600_000_000_000)[0]
        _ = try replica.commit(
            [
                Draft(key: key("list"), body: .writing(set: [FieldWrite(field: Name("done"), value: .null)], unset: [Name("title")])),
                Draft(key: key("list"), body: .delete),
            ], wall: 1_600_000_001_000)
        func foreign(_ seq: UInt64, _ context: [Dot], _ title: String) throws -> Event {
            try Event(
                dot: Dot(device: phone, seq: seq), key: key("trip"), context: VersionVector(context),
                time: HybridTime(milliseconds: 1_600_000_002_000, tick: 7),
                body: .writing(set: [FieldWrite(field: Name("title"), value: value("\"\(title)\""))]))
        }
        let lake = try foreign(1, [start.dot], "To the lake")
        _ = try replica.ingest([lake])
        _ = try replica.commit(
            [Draft(key: key("trip"), body: .writing(set: [FieldWrite(field: Name("title"), value: value("\"To the coast\""))]))],
            wall: 1_600_000_003_000)[
                0]
        try replica.checkpoint()
        _ = try replica.ingest([
            try foreign(2, [start.dot, lake.dot], "To the mountains"), try foreign(4, [lake.dot, start.dot], "too early"),
        ])
        _ = try replica.commit(
            [
                Draft(
                    key: key("trip"), body: .writing(set: [FieldWrite(field: Name("days"), value: value("9223372036854775807"))]),
                    kind: .import)
            ],
            wall: 1_600_000_004_000)
        try replica.close()
        return volume
    }

    private static func files(of state: DiskState) throws -> [(name: String, bytes: [UInt8])] {
        state.files.filter { $0.key.hasPrefix(folder + "/") && !$0.key.hasSuffix("/lock") }.map {
            (String($0.key.dropFirst(folder.count + 1)), $0.value)
        }
        .sorted { $0.0 < $1.0 }
    }

    private static func state() throws -> DiskState {
        let volume = FaultyVolume()
        for path in ["disk", folder, folder + "/log", folder + "/checkpoint"] { try volume.createFolder(path) }
        var state = volume.state
        for name in [
            "device", "log/00000001-000000000000.segment", "log/00000002-000000000005.segment", "checkpoint/000000000005.checkpoint",
        ] { state.put(folder + "/" + name, Array(try Data(contentsOf: goldens.appending(path: name)))) }
        return state
    }

    private static func record(_ volume: FaultyVolume) throws {
        for (name, bytes) in try files(of: volume.state) {
            let url = goldens.appending(path: name)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
            guard name.contains("/") else { continue }
            let text = try Replica<FaultyVolume>.inspect(folder + "/" + name, on: volume).joined(separator: "\n")
            try text.write(to: goldens.appending(path: url.lastPathComponent + ".txt"), atomically: true, encoding: .utf8)
        }
        let digest = try Replica.open(in: folder, on: volume, access: .reading).stateDigest()
        try hexadecimal(digest).write(to: goldens.appending(path: "digest.txt"), atomically: true, encoding: .utf8)
    }

    private static func text(_ name: String) throws -> String { try String(contentsOf: goldens.appending(path: name), encoding: .utf8) }

    private static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
}
