import EventCore
import Foundation
import LogStore
import SyncCore
import Testing

@testable import HubStore

/// The journal of a hub: what was appended comes back, and a damaged end is told from damage.
final class JournalTests: Sendable {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "syncline-journal-\(UUID().uuidString)").path()

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var path: String { folder + "/journal" }

    private func open(wall: UInt64) throws(JournalError) -> (journal: Journal<POSIXVolume>, state: HubState) {
        try Journal.open(in: folder, on: POSIXVolume(), wall: wall) { WorkspaceID(bytes: withUnsafeBytes(of: UUID().uuid) { Array($0) }) }
    }

    private static func hash(_ byte: UInt8) throws -> Hash256 { try #require(Hash256([UInt8](repeating: byte, count: 32))) }

    private static func device(_ number: UInt64) -> DeviceID { DeviceID(high: number, low: 7) }

    /// One of each kind.
    static func records() throws -> [HubRecord] {
        let enrolled = EnrolledDevice(
            id: device(1), name: "lap“top\n", role: .master, publicKey: [UInt8](repeating: 9, count: 32), enrolledAt: Position(3),
            seqAtEnrolment: 12, revokedAt: nil, formerly: device(9))
        let head = ChainHead(dot: Dot(device: device(1), seq: 5), hash: try hash(4))
        let event = CriticalEvent(position: Position(8), dot: Dot(device: device(1), seq: 2), byteCount: 77)
        return [
            .codeIssued(try hash(1), .reader, expiresAt: 1 << 50), .codeSpent(try hash(1), by: device(1)), .enrolled(enrolled),
            .enrolled(
                EnrolledDevice(
                    id: device(2), name: "b", role: .client, publicKey: [], enrolledAt: Position(0), revokedAt: Position(2))),
            .revoked(device(2), at: Position(4)), .tokenIssued(try hash(2), device(1), expiresAt: 1 << 50), .epochGranted(to: device(1)),
            .epochsForgotten(count: 1024), .epochsForgotten(count: 1030, doubted: 2),
            .critical(event, recipients: [device(2), device(3)]), .ended(Position(8), device(2)), .criticalClosed(Position(8)),
            .signedHead(SignedHead(head: head, signature: [UInt8](repeating: 3, count: 64))),
            .signedHead(SignedHead(head: head, signature: nil)),
            .vouched(DeviceRun(device: device(3), seqs: 1...9), by: device(1)), .noted(Position(11)),
        ]
    }

    @Test func `signatures are read without opening, and what cannot be read is not taken for none`() throws {
        #expect(try Journal.signatures(in: folder, on: POSIXVolume()) == nil)
        let (journal, _) = try open(wall: 0)
        try journal.append(try Self.records())
        #expect(try Journal.signatures(in: folder, on: POSIXVolume()) != nil)
        try Data("no journal\n".utf8).write(to: URL(filePath: path))
        #expect(throws: JournalError.damaged(file: path)) { try Journal.signatures(in: folder, on: POSIXVolume()) }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let error = #expect(throws: JournalError.self) { try Journal.signatures(in: folder, on: POSIXVolume()) }
        guard case .volume(let reason)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.path == path)
    }

    @Test func `a record comes back from its text`() throws {
        for record in try Self.records() {
            var writer = JSONWriter()
            record.write(to: &writer)
            #expect(HubRecord(json: try JSONValue(json: writer.bytes)) == record)
        }
    }

    @Test func `what was appended is there after a start`() throws {
        let records = try Self.records()
        let (journal, empty) = try open(wall: 0)
        #expect(empty == HubState())
        for record in records { try journal.append([record]) }
        let (again, state) = try open(wall: 0)
        #expect(state == HubState(records))
        #expect(again.workspace == journal.workspace)
        try again.append([.noted(Position(99))])
        #expect(try open(wall: 0).state == HubState(records + [.noted(Position(99))]))
    }

    @Test func `what has expired goes at the next start`() throws {
        let (journal, _) = try open(wall: 0)
        try journal.append([.codeIssued(try Self.hash(1), .client, expiresAt: 10), .codeIssued(try Self.hash(2), .client, expiresAt: 20)])
        _ = try open(wall: 15)
        #expect(try open(wall: 0).state.codes.count == 1)
    }

    @Test func `at every cut whole appends stay, and none is half there`() throws {
        let (journal, _) = try open(wall: 0)
        let start = try Data(contentsOf: URL(filePath: path)).count
        let records = try Self.records()
        var ends = [start]
        for record in records {
            try journal.append([record, .noted(Position(1))])
            ends.append(try Data(contentsOf: URL(filePath: path)).count)
        }
        let whole = try Data(contentsOf: URL(filePath: path))
        for length in start...whole.count {
            try whole[..<length].write(to: URL(filePath: path))
            // An append counts once all of it is there but for the line's end.
            let count = ends.count { $0 <= length + 1 } - 1
            let expected = HubState(records[..<count].flatMap { [$0, .noted(Position(1))] })
            #expect(try open(wall: 0).state == expected, "cut at \(length)")
        }
    }

    @Test func `of an append of several lists a power loss leaves all or nothing, whatever it tears`() throws {
        let (journal, _) = try open(wall: 0)
        let records = try Self.records()
        try journal.append([records[0]])
        let before = try Data(contentsOf: URL(filePath: path)).count
        try journal.append(lists: [Array(records[1...4]), [], Array(records[5...])])
        #expect(try open(wall: 0).state == HubState(records))
        try FileManager.default.removeItem(atPath: path)
        let (again, _) = try open(wall: 0)
        try again.append([records[0]])
        try again.append(lists: [Array(records[1...4]), [], Array(records[5...])])
        let whole = try Data(contentsOf: URL(filePath: path))
        #expect(whole.count > before)
        // A piece that did not reach the medium reads as zeros.
        for start in before..<whole.count {
            var torn = whole
            for offset in start..<min(whole.count, start + 40) { torn[offset] = 0 }
            try torn.write(to: URL(filePath: path))
            #expect(try open(wall: 0).state == HubState([records[0]]), "zeros from \(start) on")
        }
    }

    @Test func `damage is refused, of the last line too`() throws {
        let (journal, _) = try open(wall: 0)
        for record in try Self.records() { try journal.append([record]) }
        let whole = try Data(contentsOf: URL(filePath: path))
        for offset in whole.indices.dropLast() {
            var damaged = whole
            damaged[offset] ^= 0x10
            try damaged.write(to: URL(filePath: path))
            #expect(throws: JournalError.self, "byte \(offset)") { _ = try open(wall: 0) }
        }
    }
}
