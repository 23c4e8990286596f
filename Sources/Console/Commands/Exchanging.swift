internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient

/// What `push`, `pull` and `sync` have in common: the exchange, and what is said of it.
struct Exchanging {
    enum Direction {
        case up, down, both
    }

    let session: Session
    let direction: Direction

    func run(isDry: Bool) throws {
        if isDry { return try preview() }
        let store = try session.writing()
        let syncing = try session.syncing(store)
        let progress = Progress("syncing", total: 0, on: session.output)
        syncing.onProgress = { done, total in progress.advance(to: done, of: total) }
        let conflicts = try store.openConflictCount()
        let report: SyncReport
        do {
            switch direction {
            case .up: report = try syncing.push()
            case .down: report = try syncing.pull()
            case .both: report = try syncing.sync()
            }
        } catch {
            progress.end()
            try session.close(store)
            throw error
        }
        progress.end()
        try session.settle(store, gained: report.pulled)
        let conflictsNow = try store.openConflictCount()
        try session.close(store)
        show(report, syncing, conflictsNow, new: max(0, conflictsNow - conflicts))
        try fail(report, syncing)
    }

    /// Says what would travel, as far as this store knows; asks nobody.
    private func preview() throws {
        let store = try session.reading()
        let syncing = try session.syncing(store)
        let pending = direction == .down ? 0 : syncing.pendingCount
        guard session.isJSON else {
            session.output.line("\(Sentences.count(pending, "event")) would go to \(syncing.hub)")
            return
        }
        session.output.object { writer in
            writer.key("pending")
            writer.integer(pending)
            writer.key("hub")
            writer.string(syncing.hub)
        }
    }

    private func show(_ report: SyncReport, _ syncing: Syncing<POSIXVolume>, _ conflicts: Int, new: Int) {
        guard session.isJSON else {
            var parts: [String] = []
            if direction != .down { parts.append("\(Sentences.count(report.pushed, "event")) pushed") }
            if direction != .up { parts.append("\(Sentences.count(report.pulled, "event")) pulled") }
            if report.waiting + report.parked > 0 { parts.append("\(report.waiting + report.parked) waiting for what they build on") }
            if report.withheld > 0 { parts.append("\(report.withheld) here alone, which a reader may not give the hub") }
            if new > 0 { parts.append("\(new) new in conflict") }
            parts.append(Sentences.count(conflicts, "conflict") + " open")
            session.output.line(parts.joined(separator: ", "))
            return
        }
        session.output.object { writer in
            for (name, number) in [
                ("pushed", report.pushed), ("pulled", report.pulled), ("concurrent", report.concurrent), ("parked", report.parked),
                ("waiting", report.waiting), ("rejected", report.rejected.count), ("withheld", report.withheld), ("conflicts", conflicts),
                ("newConflicts", new),
                ("pending", Int(syncing.pendingCount)), ("head", Int(syncing.latestProgress.head ?? 0)),
            ] {
                writer.key(name.utf8)
                writer.integer(number)
            }
        }
    }

    /// What went well all the same, and has to be seen.
    private func fail(_ report: SyncReport, _ syncing: Syncing<POSIXVolume>) throws {
        session.output.flush()
        if let rejection = report.rejected.first {
            if rejection.problem.code == "fork" { throw SyncError.fork(rejection.problem) }
            throw ConsoleError(
                code: "blocked", "the hub does not take \(rejection.dot): \(rejection.problem.detail)",
                hint:
                    "what was written behind it waits at the hub, everything else has gone on; with a code of `syncline invite`, `syncline mend CODE` writes on under a new identity, and leaves out what no store may write"
            )
        }
        if report.isHubSetBack {
            throw ConsoleError(
                .rolledBack, code: "rolled-back", "\(syncing.hub) is older than what this store has seen, or was set up anew",
                hint: report.withheld > 0
                    ? "everything was pulled again, and \(Sentences.count(report.withheld, "event")) that the hub has not \(report.withheld == 1 ? "is" : "are") here alone: "
                        + "a reader may not push; `syncline export FILE` here and `syncline import FILE` on a device that may gives them back"
                    : "everything was pulled and pushed again, nothing here is lost; tell who runs the hub")
        }
        if report.isStoreSetBack {
            throw ConsoleError(
                .rolledBack, code: "rolled-back", "this store is older than what the hub has from this device",
                hint:
                    "the missing events were taken in again; `syncline mend CODE` gives it a new identity, which it needs if a copy of it may be in use"
            )
        }
    }
}
