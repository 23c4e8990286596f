internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Many conflicts at once.
extension Prompt {
    private static let shownLimit = 12
    static let listLimit = 30

    /// `all --where … --choose …`: says how many and which, asks, and writes them as one commit. A script says --yes.
    func answerAll(_ words: [String]) throws {
        let isAnswered = words.contains("--yes")
        let parsed = try RootCommand.parseAsRoot(["resolve", "--all"] + words.filter { $0 != "--yes" })
        guard let command = parsed as? ResolveCommand else { preconditionFailure("resolve is ResolveCommand") }
        try command.check()
        let session = session()
        let end = store.end
        let (resolutions, left) = try command.resolutions(session, store)
        guard !resolutions.isEmpty || command.dryRun else { return }
        for resolution in resolutions.prefix(Self.shownLimit) {
            let names = SideNames(conflict: resolution.conflict, session: session, store: store)
            session.output.line(StyledText(Arguments.shown(resolution.conflict.key), .strong))
            for line in ResolutionPreview(resolution: resolution, name: names.name(of:)).lines { session.output.line("  " + line) }
        }
        if resolutions.count > Self.shownLimit { session.output.line("… and \(resolutions.count - Self.shownLimit) more") }
        let tally = ResolutionTally(resolutions, left: left)
        if command.dryRun { session.output.note(tally.previewed) }
        session.output.flush()
        guard !command.dryRun else { return }
        if !isAnswered {
            guard let answer = try ask(tally.question) else {
                throw ConsoleError(
                    code: "not-confirmed",
                    "nobody is there to be asked whether to settle \(Sentences.count(resolutions.count, "conflict")); nothing was written",
                    hint: "a script says --yes")
            }
            guard answer else {
                session.output.line("nothing was written")
                session.output.flush()
                return
            }
        }
        let events = try command.commit(resolutions, readAt: end, session, store)
        // It is written, also where somebody has wanted to end it meanwhile.
        let written = Output()
        written.line(StyledText(tally.written, .good) + StyledText("; " + session.undoing(events, in: store)))
        written.flush()
        try refresh()
    }

    /// `conflicts`: numbers them for this prompt. On a terminal only so many are shown.
    func list(_ words: [String]) throws {
        guard let command = try RootCommand.parseAsRoot(words) as? ConflictsCommand else {
            preconditionFailure("conflicts is ConflictsCommand")
        }
        let session = session(isJSON: command.common.json || isJSON)
        let isScreen = editor.isInteractive && !session.isJSON && command.limit == nil
        let keys = try command.list(session, shownLimit: isScreen ? Self.listLimit : .max)
        // In the past nothing can be settled: its numbers open nothing, least of all something else.
        isNumberedThen = command.at != nil
        // A list with nothing in it leaves the numbers that are on the screen.
        if command.at == nil && !command.stats && (!keys.isEmpty || !command.isFiltered) { numbered = keys }
        session.output.flush()
    }
}
