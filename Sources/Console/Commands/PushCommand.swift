internal import ArgumentParser

/// Sends what the hub lacks.
struct PushCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Hand over every event that the hub lacks.", discussion: "Example:\n\n  syncline push --dry-run")

    @Flag(help: "Only say what would travel.") var dryRun = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws { try Exchanging(session: session, direction: .up).run(isDry: dryRun) }
}
