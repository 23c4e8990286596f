import EventCore
import LogStore
import ReplicaEngine
import Simulation
import SyncCore
import Testing
import Workload

/// A store on a disk in memory that has something of everything: conflicts, deletes, policies, events that wait, a sealed part with a checkpoint and a part behind it.
struct SampleStore: Sendable {
    static let folder = "disk/store"
    let state: DiskState
    let events: [Event]
    let keys: [RecordKey]
    let device = DeviceID(high: 1, low: 0)

    init(seed: UInt64 = 1) throws {
        var random = SeededRandom(seed: seed)
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        var others = try [2, 3].map { try Store($0, wall: 1_700_000_000_000) }
        for round in 0..<60 {
            try others[round % 2].write(&random, "sample")
            if round % 7 == 0 { try others[0].take(from: others[1], &random) }
        }
        let replica = try Replica.create(
            in: Self.folder, on: volume, device: device, name: "sample", storeID: StoreID(high: 1, low: 1))
        let foreign = try others[0].events() + others[1].events()
        // Several segments, so that there are several packed blocks.
        for last in [10, 20, 30] as [UInt64] {
            _ = try replica.ingest(foreign.filter { (last - 9...last).contains($0.dot.seq) })
            try replica.checkpoint()
        }
        let policy = try Draft(
            key: RecordKey(collection: .policies, record: Name("trips")),
            body: .writing(set: [FieldWrite(field: Name("f0"), value: FieldValue(text: "max"))]))
        _ = try replica.commit([policy], wall: 1_700_000_000_100)
        try replica.checkpoint()
        // Some of the rest cannot come before what is left out.
        _ = try replica.ingest(foreign.filter { $0.dot.seq > 30 && $0.dot != Dot(device: DeviceID(high: 3, low: 0), seq: 35) })
        for number in 0..<6 {
            let key = try RecordKey(collection: Name("trips"), record: Name("r\(number % 3)"))
            let body = try EventBody.writing(set: [FieldWrite(field: Name("own"), value: Store.value("\(number)"))])
            _ = try replica.commit([Draft(key: key, body: body)], wall: 1_700_000_001_000)
        }
        precondition(replica.waitingCount > 0)
        let events = try replica.allEvents()
        try replica.close()
        (state, self.events) = (volume.state, events)
        keys = Set(events.map(\.key)).sorted()
    }

    static func open(_ volume: FaultyVolume, _ access: LogAccess = .writing) throws -> Replica<FaultyVolume> {
        try Replica.open(in: folder, on: volume, access: access)
    }
}

/// Something that a store can be asked, and its answer as text.
struct Question: Sendable, CustomStringConvertible {
    typealias Asked = Replica<FaultyVolume>
    let name: String
    let ask: @Sendable (Asked, SampleStore) throws -> String
    var description: String { name }

    init(_ name: String, _ ask: @escaping @Sendable (Asked, SampleStore) throws -> String) {
        (self.name, self.ask) = (name, ask)
    }

    /// Each record in turn.
    private static func each(_ name: String, _ ask: @escaping @Sendable (Asked, RecordKey, SampleStore) throws -> String) -> Question {
        Question(name) { replica, sample in try sample.keys.map { try ask(replica, $0, sample) }.joined(separator: "\n") }
    }

    private static let moments: [Moment] = [.position(Position(20)), .time(milliseconds: 1_700_000_000_030)]

    /// What reads and changes nothing.
    static let reading: [Question] = [
        each("record") { replica, key, _ in "\(try replica.record(key)?.fields.map(\.versions) ?? [])" },
        each("record then") { replica, key, sample in
            let dot = sample.events.first { $0.key == key }.map { Moment.dot($0.dot) }
            return try (moments + [dot].compactMap(\.self)).map { "\(try replica.record(key, at: $0)?.heads ?? [])" }.joined()
        },
        each("history") { replica, key, _ in "\(try replica.history(of: key).map(\.event.dot))" },
        each("conflict") { replica, key, _ in "\(try replica.conflict(key).map { "\($0.sides.map(\.dot))" } ?? "none")" },
        each("conflict then") { replica, key, _ in
            try moments.map { "\(try replica.conflict(key, at: $0)?.sides.map(\.dot) ?? [])" }.joined()
        },
        each("decided") { replica, key, _ in "\(try replica.decided(key)?.record.heads ?? [])" },
        each("audit of a record") { replica, key, _ in
            var entries: [AuditEntry] = []
            for newestFirst in [false, true] {
                for limit in [nil, 2] {
                    try replica.audit(of: key, AuditFilter(), limit: limit, newestFirst: newestFirst) {
                        entries.append($0)
                        return true
                    }
                }
            }
            return "\(entries.map { "\($0.position) \($0.changes.map(\.after)) \($0.concurrentWith)" })"
        },
        each("origin") { replica, key, _ in
            try ["f0", "f1", "own"].map { field in
                let now = try replica.origin(of: Name(field), in: key).map { "\($0.writer.row.dot) \($0.contests.map(\.row.dot))" }
                return now ?? "none"
            }.joined()
        },
        each("in conflict") { replica, key, _ in "\(try replica.isInConflict(key)) \(try replica.eventCount(of: key))" },
        Question("event") { replica, sample in
            try sample.events.map { "\(try replica.event($0.dot)?.position.index ?? 0)" }.joined(separator: " ")
        },
        Question("key at") { replica, sample in
            try sample.events.indices.map { "\(try #require(try replica.key(at: Position(UInt64($0)))))" }.joined()
        },
        Question("events") { replica, _ in
            var dots: [Dot] = []
            try replica.events(from: Position(5)) { (logged) throws(ReplicaError) in
                dots.append(logged.event.dot)
                return true
            }
            return "\(dots)"
        },
        Question("event lines") { replica, _ in
            var bytes: [UInt8] = []
            try replica.eventLines { lines in
                bytes += lines.bytes
                return true
            }
            return String(decoding: bytes, as: UTF8.self)
        },
        Question("event reader") { replica, _ in
            var (reader, dots) = (EventReader(from: Position(11)), [Dot]())
            while case let events = try reader.next(10, of: replica), !events.isEmpty { dots += events.map(\.event.dot) }
            return "\(dots)"
        },
        Question("critical events") { replica, sample in
            try Set(sample.events.map(\.dot.device)).sorted().map { device in
                "\(try replica.criticalEvents(of: device, from: Position(3), limit: 1000))"
            }.joined()
        },
        Question("events of a block that is open") { replica, sample in
            // What is asked for more than once stays open; who was told that it cannot be read asks again.
            for event in sample.events { _ = try? replica.event(event.dot) }
            return try sample.events.map { "\(try replica.position(of: $0.dot)?.index ?? 0)" }.joined(separator: " ")
        },
        Question("dots") { replica, _ in
            var dots: [Dot] = []
            try replica.dots(from: Position(3), upTo: Position(60)) { dots.append($1) }
            return "\(dots)"
        },
        Question("records") { replica, _ in
            var keys: [RecordKey] = []
            for moment in [nil] + moments {
                try replica.records(in: nil, at: moment) {
                    keys.append($0.key)
                    return true
                }
                try replica.decidedRecords(in: nil, at: moment) {
                    keys.append($0.record.key)
                    return true
                }
            }
            return "\(keys)"
        },
        Question("records that showed a value") { replica, sample in
            var keys: [RecordKey] = []
            for case .write(let set, _) in sample.events.prefix(3).map(\.body) {
                for moment in moments {
                    try replica.decidedRecords(in: nil, at: moment, mayShow: Array(set.prefix(1))) {
                        keys.append($0.key)
                        return true
                    }
                }
            }
            return "\(keys)"
        },
        Question("open conflicts") { replica, _ in
            var keys: [RecordKey] = []
            for moment in [nil] + moments {
                try replica.openConflicts(at: moment) {
                    keys.append($0.key)
                    return true
                }
                keys += try replica.contestedKeys(at: moment) + replica.conflicts(at: moment).map(\.key)
            }
            return "\(keys) \(try replica.openConflictCount())"
        },
        Question("conflict statistics") { replica, _ in
            let statistics = try replica.conflictStatistics { _ in true }
            return "\(statistics.groups.keys.count)"
        },
        Question("audit") { replica, _ in
            var lines: [String] = []
            for newestFirst in [false, true] {
                for limit in [nil, 7] {
                    try replica.audit(AuditFilter(), limit: limit, newestFirst: newestFirst) {
                        lines.append("\($0.position) \($0.changes.map(\.before)) \($0.leavesConflict)")
                        return true
                    }
                }
            }
            return "\(lines)"
        },
        Question("audit of a device") { replica, _ in
            var filter = AuditFilter()
            filter.device = DeviceID(high: 2, low: 0)
            var dots: [Dot] = []
            try replica.audit(filter, limit: 9, newestFirst: true) {
                dots.append($0.row.dot)
                return true
            }
            return "\(dots)"
        },
        Question("chains") { replica, sample in
            "\(try replica.chainHeads()) \(try replica.chainHeads(at: [sample.events[30].dot, sample.events[60].dot]))"
        },
        Question("undo") { replica, sample in
            let plans = try sample.events.suffix(12).map { event -> String in
                do throws(ReplicaError) { return "\(try replica.undoPlan(of: event.dot).drafts.count)" } catch {
                    guard case .nothingToUndo = error else { throw error }
                    return "nothing"
                }
            }
            return "\(plans) \(String(describing: try replica.newestToUndo())) \(String(describing: try replica.newestToRedo()))"
        },
        Question("policies") { replica, _ in
            try (moments + [nil]).map { "\(try replica.policies(of: Name("trips"), at: $0).isEmpty)" }.joined()
        },
        Question("names") { replica, _ in
            var ids = 0
            try replica.forEachRecordID(in: Name("trips"), startingWith: []) { _ in ids += 1 }
            return "\(try replica.fieldNames(in: nil)) \(try replica.someValues(of: Name("f1"), in: nil, lookingAt: 100).count) \(ids)"
        },
        Question("dump") { replica, _ in
            var bytes: [UInt8] = []
            try replica.canonicalDump { bytes += $0 }
            return "\(bytes.count) \(try replica.stateDigest())"
        },
        Question("push") { replica, sample in
            let order = PushOrder(from: Position(0), lacking: VersionVector(), limitEvents: 1000, limitBytes: 1 << 20)
            let batch = try replica.pushBatch(order, chain: nil)
            let blocks = try replica.pushedBlocks(order, chain: nil)
            let run = try replica.packedBlocks(from: Position(0), upTo: replica.end, limitBytes: 1 << 20)
            return "\(batch.events.map(\.dot)) \(batch.after) \(blocks?.chain ?? []) \(run.bytes.count) "
                + "\(String(describing: try replica.firstPosition(beyond: VersionVector([sample.events[20].dot]))))"
        },
        Question("own chain") { replica, _ in "\(try OwnChain.head(of: replica, upTo: 5, from: nil))" },
        Question("agreed seq") { replica, _ in "\(try Reissue.agreedSeq(of: replica, with: replica))" },
    ]

    /// What writes; the answer is what there is afterwards.
    static let writing: [Question] = [
        Question("commit") { replica, sample in
            let draft = try Draft(key: sample.keys[0], body: .writing(set: [], unset: [Name("f1")]))
            return "\(try replica.commit([draft], wall: 1_800_000_000_000).map(\.dot))"
        },
        Question("commit queue") { replica, sample in
            let draft = Draft(key: sample.keys[0], body: .delete)
            return "\(String(describing: try CommitQueue(replica).commit([draft], wall: 1_800_000_000_000)))"
        },
        Question("ingest") { replica, sample in
            // New ones out of order, some that are here, and one twice.
            let strangers = try (1...40).map { try Event.plain(DeviceID(high: 8, low: 0), $0) }
            let offered = strangers.reversed() + sample.events.suffix(30) + [strangers[3]]
            return "\(try replica.ingest(offered))"
        },
        Question("ingest with a small spool") { replica, sample in
            var limits = IngestionLimits()
            (limits.spoolBytes, limits.twins, limits.contexts) = (64, 5, 3)
            let ingestion = try replica.ingestion(limits)
            for event in try (1...60).reversed().map({ try Event.plain(DeviceID(high: 8, low: 0), $0) }) + sample.events.reversed() {
                try ingestion.add(event)
            }
            return "\(try ingestion.finish())"
        },
        Question("take in") { replica, sample in
            let (taken, count) = try replica.takeIn(try (1...5).map { try Event.plain(DeviceID(high: 8, low: 0), $0) } + sample.events)
            return "\(taken.log) \(taken.refused) \(taken.forked) \(count)"
        },
        Question("checkpoint") { replica, _ in
            try replica.checkpoint()
            return "\(replica.end)"
        },
        Question("name") { replica, _ in
            try replica.remember(name: "phone", for: DeviceID(high: 2, low: 0))
            try replica.hear(names: [DeviceID(high: 3, low: 0): "desk"])
            return replica.names.label(of: DeviceID(high: 2, low: 0)) + replica.names.label(of: DeviceID(high: 3, low: 0))
        },
        Question("close") { replica, _ in
            try replica.close()
            return "closed"
        },
    ]

    /// What is asked of a folder.
    static let opening: [(name: String, ask: @Sendable (FaultyVolume) throws -> String)] = [
        ("open", { "\(try Replica.open(in: SampleStore.folder, on: $0, access: .reading).stateDigest())" }),
        (
            "open for writing",
            { volume in
                let replica = try Replica.open(in: SampleStore.folder, on: volume, access: .writing)
                return "\(try replica.stateDigest())"
            }
        ),
        ("replay", { "\(try Replica.replay(in: SampleStore.folder, on: $0).events)" }),
        ("replay on two threads", { "\(try Replica.replay(in: SampleStore.folder, on: $0, threads: 2).events)" }),
        ("verify", { "\(try Replica.verify(in: SampleStore.folder, on: $0, deep: true).result)" }),
        (
            "inspect",
            { volume in
                let file = try volume.undisturbedNames(in: SampleStore.folder + "/log").sorted()[0]
                return "\(try Replica<FaultyVolume>.inspected(SampleStore.folder + "/log/" + file, on: volume).count)"
            }
        ),
    ]
}

extension FaultyVolume {
    /// The names in a folder, whatever is to fail.
    fileprivate func undisturbedNames(in folder: String) throws -> [String] { try FaultyVolume(state).names(in: folder) }
}

extension Event {
    /// An event of a record that nobody else has.
    static func plain(_ device: DeviceID, _ seq: UInt64) throws -> Event {
        let key = try RecordKey(collection: Name("plain"), record: Name("p\(seq)"))
        let body = try EventBody.writing(set: [FieldWrite(field: Name("f"), value: Store.value("\(seq)"))])
        return try Event(
            dot: Dot(device: device, seq: seq), key: key, context: VersionVector(), time: HybridTime(milliseconds: 1_700_000_000_000 + seq),
            body: body)
    }
}
