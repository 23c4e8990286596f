import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing
import Workload

@testable import Console

/// What an editor gets and what is read back, on values that try to look like the file's own lines.
struct EditFileTests {
    @Test(arguments: 0..<120 as Range<UInt64>) func `to leave one side between the markers is to choose it, to the byte`(seed: UInt64)
        throws
    {
        var random = SeededRandom(seed: seed)
        let conflict = try Self.conflict(&random)
        let file = try EditFile(Resolution(of: conflict)) { Self.name($0) }
        #expect(throws: EditFileError.unchanged) { try file.applying(file.text) }
        // Git's order of markers: first side, base, the others.
        let length = conflict.fields.contains(where: \.merge.isOpen) ? Self.markerLength(file) : 0
        for side in conflict.sides.indices {
            let edited = Self.keeping(side, of: file.text, markerLength: length)
            guard edited != file.text else { continue }
            let resolution = try file.applying(edited)
            for field in conflict.fields where field.merge.isOpen {
                guard Self.isWhole(field) else { continue }
                #expect(resolution.answer(field.field)?.value == field.versions[side].value, "seed \(seed), side \(side), \(field.field)")
                #expect(resolution.answer(field.field) != nil, "seed \(seed), side \(side), \(field.field)")
            }
        }
        if conflict.fields.contains(where: \.merge.isOpen) {
            #expect(throws: EditFileError.self) { try file.applying(file.text + Array("# x\n".utf8)) }
        }
    }

    @Test(arguments: 0..<120 as Range<UInt64>) func `what has an answer comes back as it is`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var resolution = Resolution(of: try Self.conflict(&random))
        for field in resolution.conflict.fields { resolution = try resolution.setting(field.field, to: try Self.value(&random)) }
        let file = try EditFile(resolution) { Self.name($0) }
        let again = try file.applying(file.text + Array("# x\n".utf8))
        for field in resolution.conflict.fields { #expect(again.answer(field.field) == resolution.answer(field.field), "seed \(seed)") }
    }

    @Test func `a marker is one however an editor ends its lines`() throws {
        var random = SeededRandom(seed: 3)
        var conflict = try Self.conflict(&random)
        while !conflict.fields.contains(where: { $0.merge.isOpen }) { conflict = try Self.conflict(&random) }
        let file = try EditFile(Resolution(of: conflict)) { Self.name($0) }
        let marker = String(repeating: "=", count: Self.markerLength(file))
        for end in ["", " ", "\r", " \r", "\t"] {
            let edited =
                "@title\n\(String(repeating: "\"", count: marker.count))\na\n\(marker)\(end)\nb\n\(String(repeating: "\"", count: marker.count))\n"
            #expect(throws: EditFileError.marker(line: 4)) { try file.applying(Array(edited.utf8)) }
        }
    }

    @Test func `what steers a terminal is an escape where it stands as JSON, and is announced where it stands as text`() throws {
        let conflict = try Self.conflict()
        let values = ["short": "a\u{202E}b\u{9B}31m", "long": "one\u{202E}\ntwo\n", "plain": "one\ntwo\n", "odd\u{9B}": "1"]
        var resolution = Resolution(of: conflict)
        for field in conflict.fields { resolution = try resolution.setting(field.field, to: FieldValue(text: "x")) }
        for (field, text) in values { resolution = try resolution.setting(try Name(field), to: FieldValue(text: text)) }
        let file = try EditFile(resolution) { Self.name($0) }
        let text = String(decoding: file.text, as: UTF8.self)
        #expect(text.contains("@short\n\"a\\u202eb\\u009b31m\"\n"))
        #expect(text.contains("@\"odd\\u009b\"\n"))
        #expect(text.contains("@long\n# Its text holds characters that are not seen") && text.contains("one\u{202E}\ntwo\n"))
        #expect(text.contains("@plain\n\"\"\""))
        let again = try file.applying(file.text + Array("# x\n".utf8))
        for (field, text) in values { #expect(again.answer(try Name(field))?.value == FieldValue(text: text)) }
        #expect(again == resolution)
    }

    // MARK: - Making

    private static func conflict() throws -> Conflict {
        var random = SeededRandom(seed: 1)
        return try conflict(&random)
    }

    private static func name(_ dot: Dot) -> String { "device \(dot.device.low)" }

    /// Whether a side's text is what the markers hold: merged by line, only stretches of it are.
    private static func isWhole(_ field: FieldConflict) -> Bool {
        if case .text = EditedField.content(of: field) { false } else { true }
    }

    private static func markerLength(_ file: EditFile) -> Int {
        // A line of a value never begins with as many.
        let runs = file.text.split(separator: 0x0A).map { line in line.prefix { $0 == UInt8(ascii: "<") }.count }
        return runs.max().map { $0 >= 7 ? $0 : 0 } ?? 0
    }

    /// The file as somebody leaves it who wants this side everywhere.
    private static func keeping(_ side: Int, of text: [UInt8], markerLength: Int) -> [UInt8] {
        guard markerLength > 0 else { return text }
        var (lines, part): ([ArraySlice<UInt8>], Int?) = ([], nil)
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
            func isMarker(_ character: Character) -> Bool {
                let run = Array(String(repeating: character, count: markerLength).utf8)
                return line.starts(with: run) && (line.count == markerLength || line.dropFirst(markerLength).first == UInt8(ascii: " "))
            }
            if isMarker("<") {
                part = 0
            } else if isMarker("|") {
                part = -1
            } else if isMarker("=") {
                part = part == -1 ? 1 : (part ?? 0) + 1
            } else if isMarker(">") {
                part = nil
            } else if part == nil || part == side {
                lines.append(line)
            }
        }
        return Array(lines.joined(separator: [0x0A]))
    }

    private static func conflict(_ random: inout SeededRandom) throws -> Conflict {
        let volume = FaultyVolume()
        try volume.createFolder("disk")
        let replica = try Replica.create(
            in: "disk/store", on: volume, device: DeviceID(high: 9, low: 9), name: "here", storeID: StoreID(high: 0, low: 1))
        let key = try RecordKey(collection: Name("notes"), record: Name("trip"))
        let fields = try ["title", "odd \"name\"\n@x", "é"].map { try Name($0) }
        let base = try event(1, key, fields, [], &random)
        let sides = try (0..<(2 + random.below(2))).map {
            try event(UInt64($0 + 2), key, fields, random.chance(1, in: 4) ? [] : [base.dot], &random)
        }
        _ = try replica.ingest([base] + sides)
        if let conflict = try replica.conflict(key) { return conflict }
        // Sides that happened to agree on everything are no conflict: others are made.
        return try conflict(&random)
    }

    private static func event(_ device: UInt64, _ key: RecordKey, _ fields: [Name], _ context: [Dot], _ random: inout SeededRandom) throws
        -> Event
    {
        let values = try fields.map { (field: $0, value: try value(&random)) }
        return try Event(
            dot: Dot(device: DeviceID(high: 1, low: device), seq: 1), key: key, context: VersionVector(context),
            time: HybridTime(milliseconds: device),
            body: .writing(
                set: values.compactMap { write in write.value.map { FieldWrite(field: write.field, value: $0) } },
                unset: values.filter { $0.value == nil }.map(\.field)))
    }

    private static func value(_ random: inout SeededRandom) throws -> FieldValue? {
        let lines = [
            "a", "b", "# no remark", "@title", "=======", "<<<<<<< a", "removed", "\"\"\"\"\"\"\"\"", "||||||| base", "", "tab\t",
            " >>>>>>>",
        ]
        switch random.below(6) {
        case 0: return nil
        case 1: return FieldValue(text: ["removed", "", "@x", "\u{1}\n", "line\r\n", "é"][random.below(6)])
        case 2: return try FieldValue(json: ["1", "[1,{\"a\":\"=======\"}]", "null", "\"x\""][random.below(4)].utf8)
        default:
            return FieldValue(
                text: (0..<(1 + random.below(5))).map { _ in lines[random.below(lines.count)] + (random.chance(1, in: 5) ? "" : "\n") }
                    .joined())
        }
    }
}
