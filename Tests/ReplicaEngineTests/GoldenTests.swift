import EventCore
import Foundation
import LogStore
import ReplicaEngine
import Simulation
import Testing

/// Files as they were written, with what `inspect` says of them: they stay readable for ever, and today's program writes the newest of them to the byte.
///
/// `golden-1` has sealed blocks of rows, `golden-2` packed ones and another layout of checkpoints, `golden-3` checkpoints with the records' order. Only the newest is ever recorded anew, on purpose, with
/// RECORD_GOLDENS=1 in the environment.
struct GoldenTests {
    private static let folder = "disk/store"
    private static let sets = ["golden-1", "golden-2", newest]
    private static let newest = "golden-3"

    private static func goldens(_ set: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Data/\(set)")
    }

    @Test func `today's program writes the newest goldens to the byte`() throws {
        let volume = try Self.written()
        if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" { try Self.record(volume) }
        for (name, bytes) in try Self.files(of: volume.state) {
            #expect(try Array(Data(contentsOf: Self.goldens(Self.newest).appending(path: name))) == bytes, "\(name)")
        }
    }

    @Test(arguments: sets) func `the goldens are read, and hold what they held`(set: String) throws {
        let replica = try Replica.open(in: Self.folder, on: FaultyVolume(try Self.state(set)), access: .reading)
        // The checkpoint of the oldest layout is not used.
        #expect(replica.end == Position(7) && replica.waitingCount == 1 && replica.foldedAtOpening == (set == "golden-1" ? 7 : 2))
        #expect(try Self.hexadecimal(replica.stateDigest()) == Self.text("digest.txt", set))
        #expect(try replica.conflicts().map(\.key.record.text) == ["trip"])
    }

    @Test(arguments: sets) func `their text twins say what the bytes mean`(set: String) throws {
        let volume = FaultyVolume(try Self.state(set))
        for name in ["00000001-000000000000.segment", "00000002-000000000005.segment"] {
            let lines = try Replica<FaultyVolume>.inspected(Self.folder + "/log/" + name, on: volume)
            let bytes = try #require(volume.state.files[Self.folder + "/log/" + name])
            #expect(Self.twin(of: bytes, lines: lines) == (try Self.text(name + ".txt", set)), "\(name)")
        }
        let lines = try Replica<FaultyVolume>.inspected(Self.folder + "/checkpoint/000000000005.checkpoint", on: volume)
        let bytes = try #require(volume.state.files[Self.folder + "/checkpoint/000000000005.checkpoint"])
        #expect(Self.twin(of: bytes, lines: lines) == (try Self.text("000000000005.checkpoint.txt", set)))
    }

    /// Of the active segment each bit; of the sealed one a bit of each byte, since LogStoreTests flip each of such a file.
    @Test(arguments: 0..<8, sets) func `flipped bits of the goldens are clean errors or change nothing that is read`(bit: Int, set: String)
        throws
    {
        let whole = try Self.state(set)
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

    /// Committed beside the goldens: a flipped bit in a block, a cut commit, a commit whose mark is missing, bytes behind the end.
    @Test(arguments: ["flipped-block", "cut-commit", "missing-mark", "torn-tail"], sets)
    func `damaged siblings are answered as they were when they were recorded`(name: String, set: String) throws {
        let segment = "00000002-000000000005.segment"
        let bytes = Array(try Data(contentsOf: Self.goldens(set).appending(path: "damaged/\(name).segment")))
        var state = try Self.state(set)
        state.put(Self.folder + "/log/" + segment, bytes)
        let volume = FaultyVolume(state)
        let lines = try Replica<FaultyVolume>.inspected(Self.folder + "/log/" + segment, on: volume)
        #expect(Self.twin(of: bytes, lines: lines) == (try Self.text("damaged/\(name).segment.txt", set)))
        let found = try Replica.verify(in: Self.folder, on: volume)
        #expect(found.result == (name == "torn-tail" ? .tornTail : .corrupt))
        #expect(volume.state.files == state.files)
    }

    /// What each damaged sibling makes of the active golden.
    private static func damaged(_ segment: [UInt8]) -> [(name: String, bytes: [UInt8])] {
        var flipped = segment
        flipped[1600] ^= 4
        return [
            ("flipped-block", flipped), ("cut-commit", Array(segment.dropLast(40))), ("missing-mark", Array(segment.dropLast(32))),
            ("torn-tail", segment + Array("never acknowledged".utf8)),
        ]
    }

    @Test(arguments: sets) func `every cut of an active golden is an error, since all of it was acknowledged`(set: String) throws {
        let whole = try Self.state(set)
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
            wall: 1_600_000_003_000)
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

    private static func state(_ set: String) throws -> DiskState {
        let volume = FaultyVolume()
        for path in ["disk", folder, folder + "/log", folder + "/checkpoint"] { try volume.createFolder(path) }
        var state = volume.state
        for name in [
            "device", "log/00000001-000000000000.segment", "log/00000002-000000000005.segment", "checkpoint/000000000005.checkpoint",
        ] { state.put(folder + "/" + name, Array(try Data(contentsOf: goldens(set).appending(path: name)))) }
        return state
    }

    private static func record(_ volume: FaultyVolume) throws {
        for (name, bytes) in try files(of: volume.state) {
            let url = goldens(newest).appending(path: name)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
            guard name.contains("/") else { continue }
            let text = try twin(of: bytes, lines: Replica<FaultyVolume>.inspected(folder + "/" + name, on: volume))
            try text.write(to: goldens(newest).appending(path: url.lastPathComponent + ".txt"), atomically: true, encoding: .utf8)
        }
        let segment = folder + "/log/00000002-000000000005.segment"
        try FileManager.default.createDirectory(at: goldens(newest).appending(path: "damaged"), withIntermediateDirectories: true)
        for (name, bytes) in damaged(volume.state.files[segment] ?? []) {
            try Data(bytes).write(to: goldens(newest).appending(path: "damaged/\(name).segment"))
            var state = volume.state
            state.put(segment, bytes)
            let lines = try Replica<FaultyVolume>.inspected(segment, on: FaultyVolume(state))
            try twin(of: bytes, lines: lines).write(
                to: goldens(newest).appending(path: "damaged/\(name).segment.txt"), atomically: true, encoding: .utf8)
        }
        let digest = try Replica.open(in: folder, on: volume, access: .reading).stateDigest()
        try hexadecimal(digest).write(to: goldens(newest).appending(path: "digest.txt"), atomically: true, encoding: .utf8)
    }

    /// What `inspect` says, and behind what it says of an offset the bytes there in hexadecimal; lines of zeros are left out.
    private static func twin(of bytes: [UInt8], lines: [String]) -> String {
        let offsets = lines.compactMap { line in line.prefix(9).allSatisfy(\.isNumber) ? Int(line.prefix(9)) : nil }
        var text: [String] = []
        var next = 0
        func dump() {
            guard next > 0 else { return }
            let end = next < offsets.count ? offsets[next] : bytes.count
            for start in stride(from: offsets[next - 1], to: end, by: 16) {
                let line = bytes[start..<min(start + 16, end)]
                if line.contains(where: { $0 != 0 }) {
                    text.append("        | " + String(format: "%06x", start) + "  " + hexadecimal(Array(line)))
                }
            }
        }
        for line in lines {
            if next < offsets.count, Int(line.prefix(9)) == offsets[next] {
                dump()
                next += 1
            }
            text.append(line)
        }
        dump()
        return text.joined(separator: "\n") + "\n"
    }

    private static func text(_ name: String, _ set: String) throws -> String {
        try String(contentsOf: goldens(set).appending(path: name), encoding: .utf8)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
}
