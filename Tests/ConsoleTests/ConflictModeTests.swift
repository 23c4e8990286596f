import EventCore
import PromptLine
import Testing

@testable import Console
@testable import ReplicaEngine

/// Inside a conflict: words in, effects out, without a store or a terminal.
struct ConflictModeTests {
    private static let devices = (1...3).map { DeviceID(high: $0, low: 0) }

    private static func name(_ text: String) throws -> Name { try Name(text) }

    private static func record(_ dots: [Dot], _ fields: [(String, [Version])], tombstones: [Dot] = []) throws -> Record {
        let times = Dictionary(uniqueKeysWithValues: dots.map { ($0, HybridTime(packed: $0.seq << 16)) })
        return Record(
            key: RecordKey(collection: try name("notes"), record: try name("trip")), clock: VersionVector(dots), heads: dots,
            tombstones: tombstones,
            fields: try fields.map { RecordField(field: try name($0.0), versions: $0.1) }, times: times)
    }

    /// Title and days contested by two sides; who agrees.
    private static func conflict(base: String) throws -> Conflict {
        let dots = devices.prefix(2).map { Dot(device: $0, seq: 2) }
        func value(_ text: String) throws -> FieldValue { try Arguments.value(text) }
        let titles = [Version(dot: dots[0], value: try value("lake")), Version(dot: dots[1], value: try value("hills"))]
        let days = [Version(dot: dots[0], value: try value("4")), Version(dot: dots[1], value: try value("5"))]
        let record = try record(dots, [("days", days), ("title", titles), ("who", [Version(dot: dots[0], value: try value("Ann"))])])
        let sides = try dots.enumerated().map { index, dot in
            let event = try Event(
                dot: dot, key: record.key, context: VersionVector([]), time: HybridTime(packed: dot.seq << 16),
                body: .writing(set: [FieldWrite(field: try name("title"), value: titles[index].value ?? .null)]))
            let own = try self.record([dot], [("days", [days[index]]), ("title", [titles[index]])])
            return Side(event: event, record: own)
        }
        let base: [FieldValue?] = [try value(base)]
        return Conflict(
            record: record,
            fields: [
                FieldConflict(field: try name("days"), base: [try value("3")], versions: days, policy: .manual, decision: .open),
                FieldConflict(field: try name("title"), base: base, versions: titles, policy: .manual, decision: .open),
            ], isDeleteAgainstEdit: false, isOfWholeEdits: false, base: nil, sides: sides, policy: .manual)
    }

    private static func mode(base: String = "sea") throws -> ConflictMode {
        let conflict = try conflict(base: base)
        return ConflictMode(conflict, number: 1, total: 3) { text in
            switch text {
            case "a", "laptop": .sides([conflict.sides[0].dot])
            case "b", "phone": .sides([conflict.sides[1].dot])
            case "base": .base
            case "both": .both
            default: throw ConsoleError.usage("no side")
            }
        } name: { dot in
            dot == conflict.sides[0].dot ? "a laptop" : "b phone"
        }
    }

    private static func shown(_ mode: ConflictMode) -> [String: String] {
        Dictionary(uniqueKeysWithValues: mode.resolution.changes.map { ($0.field.text, $0.after?.description ?? "removed") })
    }

    private static let choices: [(words: [[String]], answers: [String: String])] = [
        ([["a"]], ["title": "\"lake\"", "days": "4"]), ([["phone"]], ["title": "\"hills\"", "days": "5"]),
        ([["b", "title"]], ["title": "\"hills\""]), ([["b", "title"], ["a*"]], ["title": "\"hills\"", "days": "4"]),
        ([["a", "days"], ["b", "*"]], ["title": "\"hills\"", "days": "4"]), ([["base"]], ["title": "\"sea\"", "days": "3"]),
        ([["a"], ["base", "title"]], ["title": "\"sea\"", "days": "4"]), ([["both", "days"]], ["days": "[4,5]"]),
        ([["a"], ["both"]], ["title": "[\"lake\",\"hills\"]", "days": "[4,5]"]),
        ([["a", "title"], ["both*"]], ["title": "\"lake\"", "days": "[4,5]"]),
        ([["b", "title"], ["base*"]], ["title": "\"hills\"", "days": "3"]), ([["b*"], ["base"]], ["title": "\"sea\"", "days": "3"]),
        ([["set", "title=x y"], ["set", "extra=1"]], ["title": "\"x y\"", "extra": "1"]),
        ([["a"], ["unset", "title"]], ["title": "removed", "days": "4"]), ([["a"], ["clear", "title"]], ["days": "4"]),
    ]

    @Test(arguments: choices) func `a word chooses, and shows what would be written`(choice: (words: [[String]], answers: [String: String]))
        throws
    {
        var mode = try Self.mode()
        for words in choice.words { #expect(try mode.step(words) == [.preview]) }
        #expect(Self.shown(mode) == choice.answers)
    }

    @Test func `nothing chosen cannot be written, and what is chosen only by done`() throws {
        var mode = try Self.mode()
        #expect(throws: ConsoleError.self) { try mode.step(["done"]) }
        _ = try mode.step(["a"])
        #expect(mode.isUnfinished)
        #expect(try mode.step(["done", "because", "of", "rain"]) == [.write(note: "because of rain")])
        #expect(try mode.step(["clear"]) == [.show(isWhole: false)])
        #expect(!mode.isUnfinished)
    }

    @Test func `words that lead elsewhere say where`() throws {
        var mode = try Self.mode()
        #expect(try mode.step(["later"]) == [.next])
        #expect(try mode.step(["back"]) == [.leave])
        #expect(try mode.step(["show", "all"]) == [.show(isWhole: true)])
        #expect(try mode.step(["log"]) == [.run(["log", "notes/trip"])])
        #expect(try mode.step(["why", "title"]) == [.run(["why", "notes/trip", "title"])])
        #expect(try mode.step(["edit"]) == [.edit(field: nil)])
        #expect(try mode.step(["edit", "days"]) == [.edit(field: try Name("days"))])
    }

    @Test(arguments: [
        ["get", "notes/x"], ["put", "notes/x", "a=1"], ["log", "notes/x"], ["show", "notes/x"], ["undo"], ["why", "notes/x", "title"],
        ["c"],
    ])
    func `a command's words are the command's`(words: [String]) throws {
        var mode = try Self.mode()
        #expect(try mode.step(words) == nil)
        #expect(!mode.isUnfinished)
    }

    @Test(arguments: [
        ["a", "days", "title"], ["a*", "title"], ["a", "--field"], ["base", "days", "title"], ["set"], ["set", "days=7", "title=x"],
        ["unset"], ["unset", "days", "title"], ["why", "days", "title"], ["show", "title"], ["log", "title"], ["later", "on"],
        ["back", "again"], ["done", "--note", "x"],
    ])
    func `what a word does not take is said of that word`(words: [String]) throws {
        var mode = try Self.mode()
        let error = #expect(throws: ConsoleError.self) { try mode.step(words) }
        #expect(error?.status == .usage)
        #expect(error?.sentence.hasPrefix("“\(words[0])” takes") == true)
        #expect(!mode.isUnfinished)
    }

    @Test(arguments: [["a", "none"], ["base", "none"], ["unset", "none"], ["merge"], ["answer"], ["all"]])
    func `what cannot be done is an error and changes nothing`(words: [String]) throws {
        var mode = try Self.mode()
        #expect(throws: ConsoleError.self) { try mode.step(words) }
        #expect(!mode.isUnfinished)
    }

    @Test func `where nothing is open the rest is nothing, and what merges is not said not to merge`() throws {
        var mode = try Self.mode(base: "lake")
        _ = try mode.step(["a"])
        for words in [["b*"], ["base*"], ["both*"], ["merge"]] {
            let error = #expect(throws: ConsoleError.self) { try mode.step(words) }
            #expect(error?.code == "nothing-open", "\(words)")
        }
        #expect(Self.shown(mode) == ["title": "\"lake\"", "days": "4"])
        #expect(try mode.step(["merge", "title"]) == [.preview])
        #expect(Self.shown(mode) == ["title": "\"hills\"", "days": "4"])
        #expect(throws: ConsoleError.self) { try mode.step(["merge", "days"]) }
    }

    @Test func `all takes the last choice, its side by the device`() throws {
        var mode = try Self.mode()
        _ = try mode.step(["b"])
        #expect(try mode.step(["all", "--where", "x=1"]) == [.all(["--where", "x=1", "--choose", Self.devices[1].description])])
        #expect(try mode.step(["all", "--merge"]) == [.all(["--merge"])])
    }

    @Test func `the prompt says what is open and ends as every prompt`() throws {
        var mode = try Self.mode()
        #expect(mode.prompt.plain == "conflict 1/3 notes/trip (2 of 2 fields open) › ")
        _ = try mode.step(["a", "title"])
        #expect(mode.prompt.plain == "conflict 1/3 notes/trip (1 of 2 fields open) › ")
        _ = try mode.step(["a*"])
        #expect(mode.prompt.plain == "conflict 1/3 notes/trip (done writes it) › ")
    }

    @Test func `the status line shows a hub only when there is one`() {
        #expect(StatusLine(name: "laptop").prompt.plain == "laptop › ")
        #expect(StatusLine(name: "laptop", conflicts: 2).prompt.plain == "laptop · 2 conflicts › ")
        let hub = StatusLine.Hub(role: "client", link: .connected, detail: "synced 12s")
        #expect(
            StatusLine(name: "laptop", hub: hub, conflicts: 2, pending: 3).prompt.plain
                == "laptop·client ● synced 12s · 2 conflicts · 3 pending › ")
    }

    @Test func `near words are offered`() {
        let known = ["conflicts", "get", "put", "undo", "policy"]
        #expect(NearWords.of("confilcts", among: known) == ["conflicts"])
        #expect(NearWords.of("git", among: known) == ["get"])
        #expect(NearWords.of("xyzzy", among: known).isEmpty)
    }
}
