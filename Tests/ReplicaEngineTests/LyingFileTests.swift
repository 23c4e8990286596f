import EventCore
import LogStore
import Testing

@testable import ReplicaEngine

/// Derived files that are whole, and say what no store writes: they are as if they were not there.
struct LyingFileTests {
    private static let end = SealedEnd(segment: 1, position: Position(0), digest: .none)

    /// A derived file of this content at `end`, or at an end whose segment is told by these bytes.
    private static func file(_ magic: StaticString, segment: [UInt8]? = nil, _ content: [UInt8]) -> [UInt8] {
        let whole = DerivedFile.bytes(magic, at: end, content)
        guard let segment else { return whole }
        let covered = segment + whole[13...]
        return whole[..<8] + withUnsafeBytes(of: Checksum.of(covered).littleEndian) { Array($0) } + covered
    }

    private static func varints(_ numbers: UInt64...) -> [UInt8] {
        numbers.reduce(into: []) { $0.appendVarint($1) }
    }

    @Test func `a segment's number that is none`() {
        let magic: StaticString = "SYNCTEST"
        func segment(_ bytes: [UInt8]) -> Int? {
            DerivedFile.read(magic, Self.file(magic, segment: bytes, [])) { (end, _) throws(BlockError) in end.segment }
        }
        #expect(segment(Self.varints(UInt64(Int.max))) == Int.max)
        #expect(segment(Self.varints(UInt64(Int.max) + 1)) == nil)
        #expect(segment(Self.varints(.max)) == nil)
    }

    @Test func `times whose numbers overflow`() {
        func times(_ numbers: UInt64...) -> LogTimes? {
            let content = numbers.reduce(into: [1]) { $0.appendVarint($1) }
            return LogTimes.read(DerivedFile.bytes("SYNCTIM3", at: SealedEnd(segment: 1, position: Position(5), digest: .none), content))?
                .times
        }
        // Events, how far the earliest time lies from 0 (zigzag), the latest from the earliest.
        #expect(times(5, 2, 7)?.end == Position(5))
        #expect(times(5, 2, .max) == nil)
        #expect(times(.max, 2, 7) == nil)
    }

    @Test func `a count whose fields have no name`() {
        func count(ofField number: UInt64) -> SavedConflictCount? {
            var content = Self.varints(0, 1)
            content.append(name: "c")
            content += Self.varints(1)
            content.append(name: "f")
            // No concurrent events; one group: its collection, its field, no devices, no tallies, no durations; no settled conflict.
            content += Self.varints(0, 1, 0, number, 0, 0, 0, 0, 0)
            return SavedConflictCount(Self.file("SYNCCNT3", content))
        }
        #expect(count(ofField: 0)?.count.tallies.keys.map(\.field) == [nil])
        #expect(count(ofField: 1)?.count.tallies.keys.map(\.field?.text) == ["f"])
        #expect(count(ofField: 2) == nil)
        #expect(count(ofField: .max) == nil)
    }

    @Test func `a settled conflict over a field without a name, or cut off`() throws {
        func settled(field: UInt64, length: UInt64 = 4) throws -> [UInt64]? {
            var content = Self.varints(0, 1)
            content.append(name: "c")
            content += Self.varints(0, 0, 0)
            // Its record, bytes of the rest: field, no devices, when it began, duration.
            var entry = Self.varints(0)
            entry.append(name: "r")
            entry += Self.varints(length, field, 0, 5, 7)
            content += Self.varints(UInt64(entry.count)) + entry
            guard var saved = SavedConflictCount(Self.file("SYNCCNT3", content)) else { return nil }
            do throws(BlockError) { try saved.takeSettled { _ in true } } catch { return nil }
            return saved.count.settled.values.joined().flatMap { $0.value.map(\.duration) }
        }
        #expect(try settled(field: 0) == [7])
        #expect(try settled(field: 1) == nil)
        #expect(try settled(field: 0, length: 3) == nil)
        #expect(try settled(field: 0, length: 5) == nil)
    }

    @Test func `decisions of policies, events or outcomes that are none`() {
        func decisions(policy: String = "latest", position: UInt64 = 3, outcome: UInt64 = 0) -> SavedDecisions? {
            // One outcome: no field is decided, and nothing is open. One collection: its policy, no fields of their own, one record.
            var content = Self.varints(1, 0) + [0] + Self.varints(1)
            content.append(name: "c")
            content.append(name: policy)
            content += Self.varints(0, 1, position, outcome)
            return SavedDecisions(Self.file("SYNCDEC2", content))
        }
        #expect(decisions()?.collections.keys.map(\.text) == ["c"])
        #expect(decisions(position: UInt64(UInt32.max)) != nil)
        #expect(decisions(policy: "best") == nil)
        #expect(decisions(position: UInt64(UInt32.max) + 1) == nil)
        #expect(decisions(outcome: 1) == nil)
    }
}

extension [UInt8] {
    fileprivate mutating func append(name: String) { self += [UInt8(name.utf8.count)] + name.utf8 }
}
