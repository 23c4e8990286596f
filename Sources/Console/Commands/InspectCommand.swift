internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// Bytes as text.
struct InspectCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show a segment or checkpoint file as text; reads damaged files, never writes.",
        discussion: "Example:\n\n  syncline inspect .syncline/log/00000001-000000000000.segment")

    @Argument(help: "The file.") var file: String
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        guard !Machine.isFolder(file) else {
            throw ConsoleError(
                code: "folder", "\(file) is a folder", hint: "name a file of the store's .syncline/log or .syncline/checkpoint")
        }
        try Store.inspect(file, on: POSIXVolume()) { line in
            if session.isJSON {
                session.output.object { writer in
                    writer.key("line")
                    writer.string(line)
                }
            } else {
                session.output.line(line)
            }
            session.output.flushIfSlow()
        }
    }
}
