import Foundation
import Synchronization
import SynclineKit
import Testing

/// The article's program does what the article says.
struct WorkedExampleTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock(\.self) }
    }

    @Test(.timeLimit(.minutes(5))) func `two devices write, sync, disagree and agree`() async throws {
        let workspace = try await Workspace()
        let laptop = try await WorkedExample.openStore(workspace.folder + "/laptop", keys: workspace.keys)
        let (said, states) = (Lines(), Lines())
        let changes = try await laptop.changes()
        let following = Task { try await WorkedExample.follow(laptop) { said.add($0) } }
        let followingState = Task { await WorkedExample.followState(of: laptop) { states.add($0) } }
        try await WorkedExample.write(to: laptop)
        try await WorkedExample.writeTogether(to: laptop)
        #expect(try await laptop.record(WorkedExample.trip)?.values == ["title": "To the sea", "days": 3])
        #expect(try await laptop.records(in: "days").count == 100)
        try await WorkedExample.join(laptop, hub: workspace.url, code: try await workspace.code())

        let phone = try await workspace.store("phone")
        try await laptop.sync()
        try await phone.sync()
        #expect(try await phone.record(WorkedExample.trip)?["days"] == 3)
        #expect(try await phone.records(in: "days") == laptop.records(in: "days"))

        try await phone.set(["days": 5], in: WorkedExample.trip)
        try await laptop.set(["days": 6], in: WorkedExample.trip)
        try await laptop.sync()
        try await phone.sync()
        let conflict = try #require(try await phone.conflict(in: WorkedExample.trip))
        #expect(WorkedExample.describe(conflict).first == "days was 3")
        #expect(Set(WorkedExample.describe(conflict).dropFirst()) == ["laptop: days = 6", "phone: days = 5"])
        #expect(await changes.first { $0.newConflicts == [WorkedExample.trip] } != nil)
        #expect(try await laptop.conflictCount() == 1)

        try await WorkedExample.settle(conflict, in: phone, preferring: "laptop")
        try await phone.sync()
        #expect(await changes.first { $0.settledConflicts == [WorkedExample.trip] } != nil)
        #expect(try await laptop.record(WorkedExample.trip) == phone.record(WorkedExample.trip))
        #expect(try await laptop.record(WorkedExample.trip)?["days"] == 6)

        try await WorkedExample.leave(laptop)
        try await WorkedExample.leave(phone)
        // Both loops end with the store.
        await followingState.value
        try? await following.value
        #expect(said.all.contains("notes/trip is in conflict"))
        #expect(states.all.contains("up to date"))
        #expect(states.all.last == "not syncing")
        try await workspace.stop()
    }

    @Test func `each listing of the article stands in the program`() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
        let program = try String(contentsOf: tests.appending(path: "WorkedExample.swift"), encoding: .utf8)
        let article = try String(
            contentsOf: tests.appending(path: "../../Sources/SynclineKit/SynclineKit.docc/WorkedExample.md"), encoding: .utf8)
        let pieces = article.components(separatedBy: "```")
        let listings = stride(from: 1, to: pieces.count, by: 2).map { pieces[$0] }.filter { !$0.contains(".package(") }
        #expect(listings.count >= 9)
        for listing in listings {
            #expect(listing.hasPrefix("swift\n"))
            #expect(program.contains(listing.dropFirst("swift".count)), "the program does not have:\(listing)")
        }
    }
}
