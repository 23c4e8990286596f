import EventCore
import Simulation
import Testing

/// Random histories are what honest stores can have written, and meet everything that they are there to meet.
struct RandomHistoryTests {
    /// What a test on random histories relies on meeting; a generator that stops making it would leave the test green and empty.
    enum Sight: CaseIterable {
        case delete, unset, critical, note, epoch, undoOfSeveralValues, clockThatGoesBack, twinSpellings, emptyText, pageOfText, longName
        case greatestInteger, leastInteger, double, nestedValue, tieOfTime, contestedField, agreement, deleteAgainstEdit, severalHeads
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `contexts are closed and of one record, seqs have no gaps, and shuffles keep every event`(seed: UInt64) throws {
        let history = try RandomHistory(seed: seed, options: Self.options(seed))
        let causal = history.shuffledCausally(seed: seed)
        for events in [history.events, causal] {
            var seqs: [DeviceID: UInt64] = [:]
            var earlier: [Dot: Event] = [:]
            for event in events {
                seqs[event.dot.device, default: 0] += 1
                #expect(event.dot.seq == seqs[event.dot.device], "seed \(seed), \(event.dot)")
                for entry in event.context.entries {
                    #expect(earlier[entry]?.key == event.key, "seed \(seed), \(event.dot) names \(entry)")
                    for seen in earlier[entry]?.context.entries ?? [] {
                        let reached = event.context.entries.first { $0.device == seen.device }?.seq ?? 0
                        #expect(reached >= seen.seq, "seed \(seed), \(event.dot) leaves out \(seen)")
                    }
                }
                earlier[event.dot] = event
            }
        }
        #expect(Set(causal) == Set(history.events) && Set(history.shuffled(seed: seed)) == Set(history.events), "seed \(seed)")
        #expect(try RandomHistory(seed: seed, options: Self.options(seed)).events == history.events, "seed \(seed)")
    }

    @Test func `a device has seen its own events, but for the others of one undo`() throws {
        for seed in 0..<30 as Range<UInt64> {
            var newest: [[DeviceID: Event]] = []
            var places: [RecordKey: Int] = [:]
            for event in try RandomHistory(seed: seed, options: Self.options(seed)).events {
                let place = places[event.key] ?? newest.count
                if place == newest.count {
                    newest.append([:])
                    places[event.key] = place
                }
                if let own = newest[place][event.dot.device] {
                    let isOfOneUndo = event.kind == .undo && own.kind == .undo && event.context == own.context
                    #expect(event.context.covers(own.dot) || isOfOneUndo, "seed \(seed), \(event.dot)")
                }
                newest[place][event.dot.device] = event
            }
        }
    }

    @Test func `thirty seeds meet everything that the histories are there for`() throws {
        var seen: Set<Sight> = []
        for seed in 0..<30 as Range<UInt64> {
            let history = try RandomHistory(seed: seed, options: Self.options(seed))
            var model = ReferenceModel()
            for (index, event) in history.events.enumerated() {
                model.add(event)
                seen.formUnion(Self.sights(of: event, after: history.events[..<index]))
                seen.formUnion(Self.sights(of: model.record(event.key)))
            }
        }
        #expect(Sight.allCases.filter { !seen.contains($0) } == [])
    }

    @Test(arguments: 0..<6 as Range<UInt64>) func `sixty devices that meet at a hub write contexts of more than forty entries`(seed: UInt64)
        throws
    {
        let history = try RandomHistory(
            seed: seed, options: .init(devices: 60, records: 1, fields: 2, events: 150, meetsEveryone: true))
        #expect(history.events.count { $0.context.entries.count > 40 } >= 3, "seed \(seed)")
    }

    private static func options(_ seed: UInt64) -> RandomHistory.Options {
        .init(
            devices: 2 + Int(seed % 4), records: 1 + Int(seed % 9), fields: 2 + Int(seed % 3), meetsOften: seed % 3 != 0,
            meetsEveryone: seed % 5 == 0)
    }

    private static func sights(of event: Event, after earlier: ArraySlice<Event>) -> Set<Sight> {
        var seen: Set<Sight> = []
        if event.isCritical { seen.insert(.critical) }
        if event.note != nil { seen.insert(.note) }
        if event.epoch > 0 { seen.insert(.epoch) }
        if event.key.record.utf8.count == Limits.nameBytes { seen.insert(.longName) }
        if earlier.contains(where: { $0.time == event.time && $0.dot.device != event.dot.device }) { seen.insert(.tieOfTime) }
        if let own = earlier.last(where: { $0.dot.device == event.dot.device }) {
            if own.time > event.time { seen.insert(.clockThatGoesBack) }
            let isOfOneUndo = event.kind == .undo && own.kind == .undo && own.key == event.key && own.context == event.context
            if isOfOneUndo { seen.insert(.undoOfSeveralValues) }
        }
        guard case .write(let set, let unset) = event.body else { return seen.union([.delete]) }
        if !unset.isEmpty { seen.insert(.unset) }
        let names = (set.map(\.field) + unset).map(\.text)
        // `String` calls the two spellings equal, so a set of strings is smaller than the list.
        if Set(names).count < names.count { seen.insert(.twinSpellings) }
        return seen.union(set.flatMap { sights(of: $0.value) })
    }

    private static func sights(of value: FieldValue) -> Set<Sight> {
        switch value.description {
        case "\"\"": [.emptyText]
        case "18446744073709551615": [.greatestInteger]
        case "-9223372036854775808": [.leastInteger]
        case "1.5", "1e+21", "-0.001": [.double]
        case let text where text.hasPrefix("{\"a\"") || text == "{}": [.nestedValue]
        case let text where text.utf8.count > 4096: [.pageOfText]
        default: []
        }
    }

    private static func sights(of record: ReferenceRecord) -> Set<Sight> {
        var seen: Set<Sight> = []
        if record.isDeleteAgainstEdit { seen.insert(.deleteAgainstEdit) }
        if !record.contested.isEmpty { seen.insert(.contestedField) }
        if record.heads.count > 1 { seen.insert(.severalHeads) }
        if record.fields.values.contains(where: { $0.count > 1 && Set($0.map(\.value)).count == 1 }) { seen.insert(.agreement) }
        return seen
    }
}
