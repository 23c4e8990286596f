internal import ArgumentParser

/// Push, then pull.
struct SyncCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Hand over what the hub lacks, and take in what is new there.",
        discussion: "Open conflicts are no failure: it exits 0 with them. Example:\n\n  syncline sync && syncline conflicts")

    @Flag(help: "Only say what would travel.") var dryRun = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws { try Exchanging(session: session, direction: .both).run(isDry: dryRun) }
}
