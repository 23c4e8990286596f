internal import ArgumentParser
internal import ReplicaEngine

/// The state as text.
struct DumpCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Print every record as a line of canonical JSON.",
        discussion: "Stores with the same events print the same bytes. Example:\n\n  syncline dump --canonical")

    @Flag(help: "The canonical form, the only one so far.") var canonical = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        guard canonical else { throw ConsoleError.usage("dump wants --canonical") }
        try session.reading().canonicalDump { session.output.write($0) }
    }
}
