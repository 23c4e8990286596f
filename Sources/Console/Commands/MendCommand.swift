internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// Mends a store whose identity was used elsewhere.
struct MendCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "mend", abstract: "Write on under a new identity, when this store's own was used elsewhere or the store was set back.",
        discussion:
            "Takes what the hub has, and issues anew what it has not: no event is lost, and what disagrees is in conflict. An event that no store may write is left out and shown. The code is one that `syncline invite` printed. The old log is kept in the store's folder forked. Example:\n\n  syncline mend ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2-34567"
    )

    @Argument(help: "The code that `syncline invite` printed.") var code: String
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let given = common.store ?? Machine.currentFolder
        if try mending(StoreFinder.folder(of: given)).complete() {
            return session.output.line("what an interruption had left is completed; `syncline sync` goes on")
        }
        let folder = try session.folder()
        let report: Mending.Report
        do throws(SyncError) {
            report = try mending(folder).run(code: code, device: Host.newDevice(), storeID: Host.newStoreID(), options: Session.options)
        } catch { throw ConsoleError(enrolling: error) }
        let store = try session.writing(folder)
        let exchanged: SyncReport
        do { exchanged = try session.syncing(store).sync() } catch {
            try session.close(store)
            session.output.note("this store writes on as \(report.device); the old log is kept in \(report.kept)")
            throw error
        }
        let conflicts = try store.openConflictCount()
        try session.close(store)
        show(session, report, exchanged, conflicts)
    }

    private func mending(_ folder: String) -> Mending { Mending(folder, keys: Host.keysFolder, now: { Machine.wall }) }

    private func show(_ session: Session, _ report: Mending.Report, _ exchanged: SyncReport, _ conflicts: Int) {
        guard session.isJSON else {
            session.output.line("this store writes on as \(report.device); it was \(report.former)")
            session.output.line(
                "of its events \(report.agreed) stay as they are, \(report.reissued) were issued anew; \(Sentences.count(exchanged.pushed, "event")) pushed"
            )
            for event in report.leftOut {
                session.output.line(
                    "left out, as no store may have written it: \(event.dot), \(Printable.escaped(String(decoding: event.canonicalJSON, as: UTF8.self)))"
                )
            }
            session.output.line("\(Sentences.count(conflicts, "conflict")) open\(conflicts > 0 ? ": `syncline conflicts`" : "")")
            return session.output.line("the old log is kept in \(report.kept)")
        }
        session.output.object { writer in
            writer.key("device")
            writer.device(report.device)
            writer.key("formerly")
            writer.device(report.former)
            writer.key("agreed")
            writer.integer(report.agreed)
            writer.key("reissued")
            writer.integer(report.reissued)
            writer.key("leftOut")
            writer.beginArray()
            for event in report.leftOut { event.write(to: &writer) }
            writer.endArray()
            writer.key("pushed")
            writer.integer(exchanged.pushed)
            writer.key("conflicts")
            writer.integer(conflicts)
            writer.key("kept")
            writer.string(report.kept)
        }
    }
}
