import EventCore
import Testing

@testable import Console
@testable import SyncClient
@testable import SyncCore

/// What the sync behind a prompt says, and when.
struct SyncNewsTests {
    private let phone = DeviceID(high: 1, low: 1)
    private let tablet = DeviceID(high: 2, low: 2)
    private var text: NoticeText { NoticeText(hub: "http://hub") { $0 == phone ? "phone" : "tablet" } }

    private func status(_ state: SyncState, withheld: UInt64 = 0, warnings: [SyncWarning] = []) -> WatchNews {
        .status(
            SyncStatus(
                state: state, warnings: warnings, role: .client, epoch: 0, hub: 0, lastSyncWall: nil, acknowledged: 0, pending: 0,
                unacknowledgedCritical: 0, head: nil, withheld: withheld))
    }

    private func arrival(_ counts: [DeviceID: Int], _ conflicts: [String] = [], more: Int? = nil) throws -> Arrival {
        Arrival(
            counts: counts, conflicts: try conflicts.map(Arguments.record), conflictsMore: more ?? conflicts.count, conflictsOpen: 0)
    }

    /// What is said after the news, line by line.
    private func said(_ all: [WatchNews], _ news: inout SyncNews) -> [String] {
        for one in all { _ = news.take(one) }
        return news.takeNotices().map(text.text)
    }

    @Test("what comes in pieces is said at the end") func whatComesInPiecesIsSaidAtTheEnd() throws {
        var news = SyncNews()
        let pieces: [WatchNews] = [
            .arrived(try arrival([phone: 5000])), status(.syncing(done: 5000, total: 9000)),
            .arrived(try arrival([phone: 3999, tablet: 1], ["notes/trip"])),
        ]
        #expect(said(pieces, &news) == [])
        #expect(said([status(.connected)], &news) == ["9000 new events from phone and tablet, 1 new conflict: notes/trip"])
        #expect(said([status(.connected)], &news) == [])
    }

    @Test("what has come in is counted when all is there") func whatHasComeInIsCountedWhenAllIsThere() throws {
        var news = SyncNews()
        var gained: [Int] = []
        for one in [
            .arrived(try arrival([phone: 5000])), status(.syncing(done: 5000, total: 9000)), .arrived(try arrival([phone: 1, tablet: 2])),
            status(.offline(sinceWall: nil)), .arrived(try arrival([tablet: 7])), status(.connected), status(.connected),
            .arrived(try arrival([phone: 1])),
        ] {
            _ = news.take(one)
            gained.append(news.takeGained())
        }
        #expect(gained == [0, 0, 0, 0, 0, 5010, 0, 0])
    }

    @Test("an interruption says what has come") func anInterruptionSaysWhatHasCome() throws {
        var news = SyncNews()
        let lines = said([status(.connected), .arrived(try arrival([phone: 1])), status(.offline(sinceWall: nil))], &news)
        #expect(lines.first == "1 new event from phone")
        #expect(lines.count == 2 && lines[1].hasPrefix("the hub http://hub cannot be reached"))
    }

    @Test("a reader is told what it holds alone, once") func aReaderIsToldWhatItHoldsAlone() {
        var news = SyncNews()
        let lines = said([status(.connected, withheld: 2), status(.connecting), status(.connected, withheld: 2)], &news)
        #expect(lines.count == 1 && lines[0].hasPrefix("2 events here the hub does not have, and this device, a reader, may not give"))
        #expect(news.link == (.connected, "2 here alone"))
        #expect(said([status(.connected)], &news) == [])
        #expect(news.link == (.connected, "synced"))
    }

    @Test("what is odd is said once, with what to do, whatever goes on") func whatIsOddIsSaidOnce() {
        var news = SyncNews()
        let odd: [SyncWarning] = [.hubRolledBack, .foreignFork(phone), .writtenElsewhere(7)]
        let lines = said([status(.syncing(done: 0, total: 9), warnings: odd)], &news)
        #expect(lines.count == 3 && lines[0].contains("set up anew") && lines[1].contains("other events of phone"))
        #expect(lines[2].contains("up to its 7") && lines[2].contains("`syncline mend CODE`"))
        let skewed = odd + [.clockSkew(milliseconds: -7_200_000)]
        #expect(said([status(.connected, warnings: odd)], &news) == [])
        let clock = "this device's clock is 2h ahead of the hub's; set this device's clock"
        #expect(said([status(.connected, warnings: skewed)], &news) == [clock])
        #expect(said([status(.connected, warnings: odd + [.clockSkew(milliseconds: -7_190_000)])], &news) == [])
        #expect(said([status(.connected, warnings: odd), status(.connected, warnings: skewed)], &news) == [clock])
    }

    @Test("each standing is said once") func eachStandingIsSaidOnce() {
        var news = SyncNews()
        let offline: [WatchNews] = [status(.offline(sinceWall: nil)), status(.connecting)]
        #expect(said([status(.connecting), status(.connected)], &news) == [])
        #expect(said(offline + offline + offline, &news).count == 1)
        #expect(news.link.sign == .offline)
        #expect(said([status(.connecting), status(.connected)], &news) == ["the hub is back; everything is there and here"])
        #expect(said([status(.error(.rateLimited))], &news) == ["the hub answers “rate-limited”; it goes on by itself, slower"])
        #expect(news.link == (.failed, "rate-limited"))
        #expect(
            said([status(.blocked(.revoked))], &news)
                == ["this device was revoked; ask whoever runs the hub; what is here is safe"])
    }

    @Test("conflicts are counted and named") func conflictsAreCountedAndNamed() throws {
        #expect(text.text(.arrived(try arrival([phone: 2], more: -3))) == "2 new events from phone, 3 conflicts settled")
        #expect(
            text.text(.arrived(try arrival([phone: 9], ["a/1", "a/2", "a/3"], more: 9)))
                == "9 new events from phone, 9 new conflicts: a/1, a/2, a/3, …")
        let many = Dictionary(uniqueKeysWithValues: (1...4).map { (DeviceID(high: $0, low: 0), 1) })
        #expect(text.text(.arrived(try arrival(many))) == "4 new events from 4 devices")
    }

    @Test("a critical event is said with what it writes") func aCriticalEventIsSaidWithWhatItWrites() throws {
        let event = try Event(
            dot: Dot(device: phone, seq: 7), key: Arguments.record("notes/trip"), context: VersionVector(),
            time: HybridTime(milliseconds: 1), body: .writing(set: [Arguments.write("title=\u{1B}[2J lake")]), isCritical: true)
        var arrival = try arrival([phone: 1], ["notes/trip"])
        arrival.critical = [event]
        var news = SyncNews()
        #expect(said([.arrived(arrival)], &news) == [#"urgent from phone: notes/trip title = "\u001b[2J lake""#])
        #expect(said([status(.connected)], &news) == ["1 new event from phone, 1 new conflict: notes/trip"])
        #expect(said([.acknowledged(event.dot, by: [tablet], missing: [phone])], &news) == [])
        let everybody = said([.acknowledged(event.dot, by: [phone, tablet], missing: [])], &news)
        #expect(everybody == ["every device has your urgent event phone:7"])
    }
}
