internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Makes the next start fast.
struct CheckpointCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Seal the log's small commits into full blocks and write the state beside them, so that opening is fast.",
        discussion:
            "Also counts conflicts up to there, for `conflicts --stats`, notes when events were written, and what records with many events were on the way, for `--at`. Changes nothing but the time that commands take. Example:\n\n  syncline checkpoint"
    )

    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let store = try session.writing()
        let before = store.logBytes
        try session.checkpoint(store)
        try session.makeDerivedFiles(of: store)
        try session.close(store)
        if session.isJSON {
            session.output.object { writer in
                writer.key("events")
                writer.integer(store.end.index)
                writer.key("logBytes")
                writer.integer(store.logBytes)
            }
        } else {
            session.output.line(
                "checkpoint after \(Sentences.count(store.end.index, "event")); the log has \(store.logBytes) bytes, before it had \(before)"
            )
        }
    }
}
