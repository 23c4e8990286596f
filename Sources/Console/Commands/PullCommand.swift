internal import ArgumentParser

/// Takes in what is new at the hub.
struct PullCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Take in every event that is new at the hub.", discussion: "Example:\n\n  syncline pull --json")

    @Flag(help: "Only say what would travel.") var dryRun = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws { try Exchanging(session: session, direction: .down).run(isDry: dryRun) }
}
