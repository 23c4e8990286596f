package import EventCore
package import LogStore
package import ReplicaEngine
internal import SyncCore

/// A joined store's exchange with its hub: what the hub lacks goes up, what is new comes down.
///
/// The queue of outgoing events is the log itself. Progress is written when an event that it speaks of is durable and folded, never before.
package final class Syncing<Storage: Volume> {
    let store: Replica<Storage>
    private let intake: BlockIntake<Storage>
    private let folder: SyncFolder
    private let client: HubClient
    private let now: () -> UInt64
    private var known: KnownProgress
    private var progress: SyncProgress { known.value }
    private var report = SyncReport()
    private var hasHeardNames = false
    private var pushSize = PushSize()
    private var lastGap: Dot?
    private var pushedDevices: Set<DeviceID> = []
    /// Told how many events have travelled, and how many there are.
    package var onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    /// Told once when the lease is not to be had at once: who has it, and the milliseconds that it is waited for at most.
    package var onWaitingForLease: (_ holder: DeviceID?, _ milliseconds: UInt64) -> Void = { _, _ in }

    private static var pushEvents: Int { 5000 }
    private static var pushBytes: Int { 2 * 1024 * 1024 }
    private static var pullEvents: Int { 5000 }
    /// Of packed blocks.
    private static var blockEvents: Int { 10_000 }
    private static var blockBytes: Int { 4 * 1024 * 1024 }
    /// Where the hub does not take a block, so many events go over one by one before another is tried.
    private static var eventsBetweenBlocks: Int { 50_000 }

    /// - Parameter now: the wall clock's milliseconds since 1970.
    /// - Throws: `.notJoined`
    package init(
        _ store: Replica<Storage>, in path: String, keys: String, now: @escaping () -> UInt64
    ) throws(SyncError) {
        self.store = store
        intake = BlockIntake(store)
        self.now = now
        folder = SyncFolder(ofStore: path, for: store.device)
        guard let link = try folder.link() else { throw .notJoined(folder: path) }
        client = try HubClient(link, folder, device: store.device, keys: keys, waitsItsTurn: true)
        known = try KnownProgress(in: folder)
    }

    package var hub: String { client.hub }
    package var role: String { client.link.role }
    var token: String { client.link.token }
    var authorities: String? { client.link.authorities }
    var device: DeviceID { store.device }
    var deviceName: String { store.name }
    package var latestProgress: SyncProgress { progress }

    /// Push, then pull; the pull, too, where the hub has no room for the push.
    package func sync() throws(SyncError) -> SyncReport {
        guard client.link.role != "reader" else { return try pull() }
        do throws(SyncError) { try pushNoting() } catch {
            guard case .refused(let problem) = error, problem.code == ProblemCode.quotaExceeded.rawValue else { throw error }
            // A hub that has no room left still gives.
            _ = try pull()
            throw error
        }
        return try pull()
    }

    /// Hands over every event that the hub lacks, in causal order, in bounded batches.
    package func push() throws(SyncError) -> SyncReport {
        try pushNoting()
        hearNames()
        return report
    }

    private func pushNoting() throws(SyncError) {
        try noting { () throws(SyncError) in
            try readStatus()
            try pushAll()
        }
    }

    /// Takes in every event after the cursor.
    package func pull() throws(SyncError) -> SyncReport {
        try noting { () throws(SyncError) in
            do throws(SyncError) { try pullAll() } catch {
                guard case .refused(let problem) = error, problem.code == "cursor-unrecoverable" else { throw error }
                try startAnew()
            }
            // With all that the hub has, what is more here the hub has not.
            if client.link.role == "reader" { report.withheld = max(0, Int(store.end.index) - Int(report.head)) }
        }
        hearNames()
        return report
    }

    /// What the hub says of itself and of this device.
    package func status() throws(SyncError) -> JSONValue {
        var status = JSONValue.null
        try noting { () throws(SyncError) in status = try readStatus() }
        return status
    }

    package func devices() throws(SyncError) -> JSONValue { try client.devices() }

    /// Revokes a device under this device's lease.
    package func revoke(_ device: DeviceID, epoch: UInt64) throws(SyncError) -> JSONValue { try client.revoke(device, epoch: epoch) }

    /// Takes over what the workspace calls its devices, and what they have signed. Both are for people: nothing fails for want of them.
    package func hearNames() {
        guard !hasHeardNames, let (names, signatures) = try? client.introductions() else { return }
        hasHeardNames = true
        try? store.hear(names: names)
        try? folder.note(signatures, known: store.versionVector, in: WorkspaceID(bytes: client.link.workspaceID))
    }

    /// How many events would go up, as far as is known.
    package var pendingCount: UInt64 { store.count(beyond: progress.ackedThrough) }

    /// This device's critical events that the hub does not have, oldest first; of very many pending events only those among the first.
    package func unsentCritical() throws(SyncError) -> [Dot] {
        let next = Dot(device: device, seq: progress.ackedThrough[device] + 1)
        return try reading { () throws(ReplicaError) in
            guard let position = try store.position(of: next) else { return [] }
            return try store.criticalEvents(of: device, from: position, limit: Self.unsentLimit)
        }
    }

    private static var unsentLimit: Int { 10_000 }

    // MARK: - Up

    @discardableResult
    private func readStatus() throws(SyncError) -> JSONValue {
        let status = try client.status()
        let acked = VersionVector(hub: status["ackedThrough"])
        // What it once had and has no more: it was restored from a copy.
        if !progress.ackedThrough.isCovered(by: acked) { report.isHubSetBack = true }
        let head = status["head"]?.integer
        known.note { ($0.ackedThrough, $0.head) = (acked, head) }
        try folder.noteReceipts { $0.take(status: status) }
        return status
    }

    private func pushAll() throws(SyncError) {
        let total = Int(store.count(beyond: progress.ackedThrough))
        guard let first = try reading({ () throws(ReplicaError) in try store.firstPosition(beyond: progress.ackedThrough) }) else {
            // Nothing to send, and yet the chains have to be compared: a copy may have sent other events under these names.
            try send([])
            return known.note { $0.blocked = nil }
        }
        let hasCritical = try !unsentCritical().isEmpty
        var next = first
        while next < store.end {
            do throws(SyncError) {
                next = try pushBlocks(from: next, total)
                if next < store.end { next = try pushEvents(from: next, total) }
            } catch {
                guard mayRetry(after: error) else { throw error }
                // A hub that answers what is small is there. The push may have come, and only its answer not.
                try readStatus()
                (report.rejected, report.parked) = ([], 0)
                next = try reading { () throws(ReplicaError) in try store.firstPosition(beyond: progress.ackedThrough) } ?? store.end
            }
        }
        // Who has to get them is known now.
        if hasCritical { try readStatus() }
        let reason = report.rejected.first?.problem.detail
        known.note { $0.blocked = reason }
    }

    /// Whether a push that failed may succeed in smaller pieces, or from where the hub says that it is; the same gap again may not.
    private func mayRetry(after error: SyncError) -> Bool {
        switch error {
        case .unreachable: return pushSize.shrink()
        case .refused(let problem) where problem.code == ProblemCode.slowBody.rawValue: return pushSize.shrink()
        case .refused(let problem) where problem.code == ProblemCode.gap.rawValue:
            defer { lastGap = problem.expected }
            return problem.expected != lastGap
        default: return false
        }
    }

    /// Hands over packed blocks as far as there are some and the hub takes them; returns the position behind them.
    private func pushBlocks(from position: Position, _ total: Int) throws(SyncError) -> Position {
        var next = position
        var found = try reading { () throws(ReplicaError) in try blocks(from: next, lacking: progress.ackedThrough, progress.chain) }
        while let blocks = found {
            // What comes behind them is read while they are on their way.
            var following: Result<PushedBlocks?, ReplicaError> = .success(nil)
            let answer = try client.push(blocks) {
                let lacking = progress.ackedThrough.joined(with: blocks.run.covers)
                let chain = blocks.chain.last ?? blocks.before
                following = Result { () throws(ReplicaError) in try self.blocks(from: blocks.run.end, lacking: lacking, chain) }
            }
            guard let taken = answer["accepted"]?.integer, taken <= blocks.run.end.index - blocks.start.index else {
                throw .strangeAnswer(hub: hub, what: "a push without verdicts")
            }
            report.pushed += Int(taken)
            pushedDevices.formUnion(blocks.run.covers.entries.map(\.device))
            report.concurrent += answer["concurrent"]?.items?.count ?? 0
            next = Position(blocks.start.index + taken)
            if next == blocks.run.end { note(chain: blocks.chain.last ?? blocks.before) }
            try note(answer)
            onProgress(report.pushed, total)
            guard next == blocks.run.end else { return next }
            found = try reading { () throws(ReplicaError) in try following.get() }
        }
        return next
    }

    private func blocks(
        from position: Position, lacking: VersionVector, _ chain: ChainHead?
    ) throws(ReplicaError) -> PushedBlocks? {
        let order = PushOrder(
            from: position, lacking: lacking, limitEvents: pushSize.share(of: Self.blockEvents),
            limitBytes: pushSize.share(of: Self.blockBytes))
        return try store.pushedBlocks(order, chain: chain)
    }

    /// Hands events over one by one, some batches of them, so that blocks may be tried again; returns the position behind them.
    private func pushEvents(from position: Position, _ total: Int) throws(SyncError) -> Position {
        var reader = EventReader(from: position)
        var (batch, byteCount, next) = ([Event](), 0, position)
        let end = min(store.end.index, position.index + UInt64(Self.eventsBetweenBlocks))
        while next.index < end {
            let events = try reading { () throws(ReplicaError) in try reader.next(pushSize.share(of: Self.pushEvents), of: store) }
            for logged in events where !progress.ackedThrough.covers(logged.event.dot) {
                batch.append(logged.event)
                byteCount += logged.event.canonicalJSON.count
                guard batch.count >= pushSize.share(of: Self.pushEvents) || byteCount >= pushSize.share(of: Self.pushBytes) else {
                    continue
                }
                try send(batch)
                (batch, byteCount) = ([], 0)
                onProgress(report.pushed, total)
            }
            next = reader.position
            if events.isEmpty { break }
        }
        if !batch.isEmpty { try send(batch) }
        return next
    }

    private func send(_ events: [Event]) throws(SyncError) {
        let own = store.device
        let seq = min(progress.ackedThrough[own], store.versionVector[own])
        let before = try reading { () throws(ReplicaError) in try OwnChain.head(of: store, upTo: seq, from: progress.chain) }
        var after = before
        for event in events where event.dot.device == own && event.dot.seq == after.dot.seq + 1 { after = OwnChain.next(after, event) }
        let answer = try client.push(events, before: before, after: after)
        note(chain: after)
        pushedDevices.formUnion(events.map(\.dot.device))
        guard let verdicts = answer["events"]?.items else { throw .strangeAnswer(hub: hub, what: "a push without verdicts") }
        for verdict in verdicts { try note(verdict: verdict) }
        try note(answer)
    }

    /// Takes note of the verdict on an event.
    private func note(verdict: JSONValue) throws(SyncError) {
        switch verdict["verdict"]?.text {
        case "accepted", "duplicate": report.pushed += 1
        case "concurrent":
            report.pushed += 1
            report.concurrent += 1
        case "parked": report.parked += 1
        case "rejected":
            let problem =
                verdict["problem"].flatMap { HubProblem($0) } ?? HubProblem(status: 0, code: "unknown", detail: "no reason given")
            report.rejected.append(SyncReport.Rejection(dot: verdict["dot"]?.text ?? "", problem: problem))
        default: throw .strangeAnswer(hub: hub, what: "a verdict that is none")
        }
    }

    private func note(chain head: ChainHead) { known.note { $0.chain = head } }

    /// Takes note of what a push's answer says of the hub.
    private func note(_ answer: JSONValue) throws(SyncError) {
        let (acked, head) = (VersionVector(hub: answer["ackedThrough"]), answer["head"]?.integer)
        known.note { ($0.ackedThrough, $0.head) = (acked, head) }
        try known.save()
        guard answer["forked"]?.items?.contains(where: { $0.text == store.device.description }) != true else {
            throw .fork(
                HubProblem(
                    status: 409, code: "fork", detail: "the hub has other events under this device's identity: it was used elsewhere"))
        }
    }

    // MARK: - Down

    private func pullAll() throws(SyncError) {
        let own = ownAndPushed()
        var page: PulledContents? = try client.pullBlocks(cursor: progress.cursor, known: own, limit: Self.blockEvents) {}
        while let current = page {
            // The page behind it is asked for while this one is taken in.
            var outcome: Result<Void, SyncError>?
            func takeIn() { outcome = outcome ?? Result { () throws(SyncError) in try take(current) } }
            page = nil
            if current.object["more"]?.isTrue == true, let cursor = current.object["cursor"]?.text {
                page = try client.pullBlocks(cursor: cursor, known: own, limit: Self.blockEvents, meanwhile: takeIn)
            }
            takeIn()
            try outcome?.get()
        }
    }

    /// What the store has of its own device, and of some whose events were pushed (it stands in a call's address): the hub need not send it back.
    private func ownAndPushed() -> VersionVector {
        let devices = [device] + pushedDevices.subtracting([device]).sorted().prefix(50)
        return VersionVector(devices.map { Dot(device: $0, seq: store.versionVector[$0]) }.filter { $0.seq > 0 })
    }

    /// Takes a page in and saves the cursor behind it.
    private func take(_ page: PulledContents) throws(SyncError) {
        switch page {
        case .events(let object, let events):
            try take(events)
            try advance(behind: object, events.count, page.covers)
        case .blocks(let body):
            if try take(body) { return try advance(behind: body.object, body.eventCount, page.covers) }
            // Blocks that do not fit the records here come once more as events, in as many pages as it takes.
            var left = body.eventCount
            while left > 0 {
                let (object, events) = try client.pull(cursor: progress.cursor, limit: min(left, Self.pullEvents))
                guard !events.isEmpty else { throw .strangeAnswer(hub: hub, what: "a page without the events that it had") }
                try take(events)
                try advance(behind: object, events.count, VersionVector(events.map(\.dot)))
                left -= events.count
            }
        }
    }

    /// Saves the cursor behind a page whose events are durable and folded. What the hub gives it has.
    private func advance(behind page: JSONValue, _ count: Int, _ covers: VersionVector) throws(SyncError) {
        guard let cursor = page["cursor"]?.text, let head = page["head"]?.integer else {
            throw .strangeAnswer(hub: hub, what: "a pull without a cursor")
        }
        known.note {
            ($0.cursor, $0.head) = (cursor, head)
            $0.ackedThrough.join(covers)
        }
        report.head = head
        try known.save()
        onProgress(report.pulled, report.pulled + Int(head) - Int(page["first"]?.integer ?? 0) - count)
    }

    /// Takes in a page's blocks; false where some of its events have to be taken in one by one.
    private func take(_ body: BlocksBody) throws(SyncError) -> Bool {
        let before = store.versionVector
        let count = try reading { () throws(ReplicaError) in try store.takeIn(body, intake) }
        report.pulled += Int(store.count(beyond: before))
        if store.versionVector[store.device] > before[store.device] { report.isStoreSetBack = true }
        return count != nil
    }

    /// Takes in what is new; it is durable and folded when this returns.
    private func take(_ events: [Event]) throws(SyncError) {
        let known = store.versionVector
        let new = events.filter { !known.covers($0.dot) }
        guard !new.isEmpty else { return }
        if new.contains(where: { $0.dot.device == store.device }) { report.isStoreSetBack = true }
        do throws(ReplicaError) {
            let taken = try store.ingest(new)
            report.pulled += taken.applied
            report.waiting += taken.waiting
        } catch { throw .store(error) }
    }

    /// The hub's log is another one than before: everything is pulled again, and pushed what it lacks. Nothing here is given up.
    private func startAnew() throws(SyncError) {
        report.isHubSetBack = true
        // It may have rejected what it had forgotten to have granted.
        report.rejected = []
        known.note { $0.cursor = "" }
        try pullAll()
        guard client.link.role != "reader" else { return }
        try readStatus()
        try pushAll()
    }

    // MARK: - Progress

    /// Notes when the hub was reached, or since when it is not.
    private func noting(_ body: () throws(SyncError) -> Void) throws(SyncError) {
        do throws(SyncError) { try body() } catch {
            if case .unreachable = error { known.note { [time = now()] in $0.offlineSince = $0.offlineSince ?? time } }
            if case .fork(let problem) = error { known.note { $0.blocked = problem.detail } }
            try known.save()
            throw error
        }
        known.note { [time = now()] in ($0.lastSync, $0.offlineSince) = (time, nil) }
        try known.save()
    }

    private func reading<Value>(_ body: () throws(ReplicaError) -> Value) throws(SyncError) -> Value {
        do throws(ReplicaError) { return try body() } catch { throw .store(error) }
    }
}
