internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// One number for the whole state.
struct DigestCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest", abstract: "Print the SHA-256 of the canonical dump: equal for stores with the same events.",
        discussion:
            "While nothing is written it is remembered; verify --deep makes it again and compares, and dump --canonical | sha256sum makes it, too. Example:\n\n  syncline digest"
    )

    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let digest = Hexadecimal.text(try session.digest(of: store))
        if session.isJSON {
            session.output.object { writer in
                writer.key("events")
                writer.integer(store.end.index)
                writer.key("digest")
                writer.string(digest)
            }
        } else {
            session.output.line(digest)
        }
    }
}
