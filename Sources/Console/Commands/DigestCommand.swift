internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// One number for the whole state.
struct DigestCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest", abstract: "Print the SHA-256 of the canonical dump: equal for stores with the same events.",
        discussion: "Example:\n\n  syncline digest")

    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.reading()
        let progress = Progress("hashing", total: store.recordCount, unit: "records", on: session.output)
        let digest = Hexadecimal.text(try store.stateDigest { progress.advance(to: $0) })
        progress.end()
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
