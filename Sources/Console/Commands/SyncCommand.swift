internal import ArgumentParser
internal import SyncClient

/// Push, then pull; with --watch without end.
struct SyncCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Hand over what the hub lacks, and take in what is new there.",
        discussion:
            "Open conflicts are no failure: it exits 0 with them. With --watch it stays connected until Ctrl-C; other commands write to the store meanwhile. What is odd and stops nothing, as a clock that is wrong or a hub that was set back, it says in a line of its own, with what to do. When the store is mended meanwhile, it goes on as the new device. Example:\n\n  syncline sync && syncline conflicts"
    )

    @Flag(help: "Only say what would travel.") var dryRun = false
    @Flag(help: "Stay connected: push what is written, pull what comes.") var watch = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        if watch {
            try WatchPage(session).run()
        } else {
            try Exchanging(session: session, direction: .both).run(isDry: dryRun)
        }
    }
}
