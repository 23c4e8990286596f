internal import ArgumentParser
internal import EventCore
internal import SyncClient

/// Shows this device's role.
struct RoleCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Show what this device may do in its workspace.", discussion: "Example:\n\n  syncline role")

    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        guard let link = try SyncFolder(ofStore: try session.folder()).link() else {
            throw SyncError.notJoined(folder: try session.folder())
        }
        guard session.isJSON else {
            session.output.line(link.role)
            return
        }
        session.output.object { writer in
            writer.key("role")
            writer.string(link.role)
            writer.key("workspace")
            writer.string(link.workspace)
        }
    }
}
