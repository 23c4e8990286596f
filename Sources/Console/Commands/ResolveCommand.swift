internal import ArgumentParser
internal import EventCore
internal import ReplicaEngine

/// Settles conflicts.
struct ResolveCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Settle a conflict: take a side, take fields one by one, merge, set values, or edit.",
        discussion: """
            SIDE is a letter as `show` prints it, a device (its name or the start of its id), device:seq, `base`, or `both` for a list of all values. A field in which \
            the side has no entry stays open. Choices apply first, then values that are set, then the merge of what is still open; --edit opens $VISUAL or $EDITOR on the \
            outcome. Examples:

              syncline resolve notes/trip --choose laptop
              syncline resolve notes/trip --choose-field title=laptop --set days=4
              syncline resolve notes/trip --edit
              syncline resolve --all --where collection=notes --merge --dry-run
            """)

    @Argument(help: "The record, collection/id.") var record: String?
    @OptionGroup var answers: AnswerOptions
    @Flag(help: "Every conflict that --where lets through.") var all = false
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "With --all: collection=NAME, or a field and the value that it shows; may be repeated.", valueName: "field=value"))
    var conditions: [String] = []
    @Flag(help: "Show what would be written, and write nothing.") var dryRun = false
    @Option(help: ArgumentHelp("Why, for the audit.", valueName: "text")) var note: [String] = []
    @OptionGroup var common: CommonOptions

    /// Whether the options go together. Not as the parser's own validation, which comes before what it does not know: that is to be said first.
    func check() throws {
        if let record, all {
            throw ConsoleError.usage("“\(record)” names a record, and --all is every conflict", hint: "give one of them")
        }
        guard all || record != nil else { throw ConsoleError.usage("name one record, or --all", hint: "`syncline conflicts` lists them") }
        guard all || conditions.isEmpty else { throw ConsoleError.usage("--where goes with --all") }
        guard !all || !answers.edit else { throw ConsoleError.usage("--edit opens one record, not --all") }
        guard note.count <= 1 else {
            throw ConsoleError.usage("--note is given \(note.count) times", hint: "all that is to be said goes into one")
        }
        try answers.check()
    }

    func run(_ session: Session) throws {
        try check()
        if answers.edit { return try edit(session) }
        if dryRun {
            let store = try session.reading()
            var tally = ResolutionTally()
            tally.left = try eachResolution(session, store) { resolution in
                preview(resolution, session, store)
                session.output.flushIfSlow()
                tally.add(resolution)
            }
            return session.output.note(tally.previewed)
        }
        let store = try session.writing()
        let end = store.end
        let (resolutions, left) = try resolutions(session, store)
        let events = try commit(resolutions, readAt: end, session, store)
        for event in events {
            if session.names(events.count) { session.report(event) }
            try Self.noteRest(of: event.key, session, store)
        }
        if all && !events.isEmpty {
            session.output.note(ResolutionTally(resolutions, left: left).written + "; " + session.undoing(events, in: store))
        }
        try session.close(store)
    }

    /// So many conflicts that are left open are named.
    private static let leftLimit = 12

    /// What would settle the conflicts that are meant, and how many it would leave as they are.
    func resolutions(_ session: Session, _ store: Store) throws -> (resolutions: [Resolution], left: Int) {
        var resolutions: [Resolution] = []
        let left = try eachResolution(session, store) { resolutions.append($0) }
        return (resolutions, left)
    }

    /// Hands over each as soon as its conflict has been read.
    ///
    /// - Returns: how many conflicts cannot be settled like this, and are left as they are.
    private func eachResolution(_ session: Session, _ store: Store, _ body: (Resolution) throws -> Void) throws -> Int {
        guard all else {
            try body(try resolution(of: try conflict(session, store), session, store))
            return 0
        }
        let conditions = try conditions.map(Arguments.condition)
        // Most of what is not meant is left out unread.
        let values = conditions.filter { !Self.isOfCollection($0) }
        let meant = store.collectionNames.filter { name in
            conditions.filter(Self.isOfCollection).allSatisfy { Arguments.isName(name, $0.value) }
        }
        try answers.checkSides(session, store)
        let progress = Progress("looking", total: try store.openConflictCount(), unit: "conflicts", on: session.output)
        var (seen, left, isNone) = (0, 0, true)
        func look(at conflict: Conflict) throws -> Bool {
            guard !session.output.isUnwanted() else { return false }
            seen += 1
            progress.advance(to: seen)
            guard values.allSatisfy(conflict.shown.contains) else { return true }
            isNone = false
            let found: Resolution
            do { found = try resolution(of: conflict, session, store) } catch let error as ConsoleError {
                // A conflict that cannot be settled like this is left as it is.
                guard error.status == .refused else { throw error }
                left += 1
                guard left <= Self.leftLimit else { return true }
                progress.end()
                session.output.note("left open: \(Arguments.shown(conflict.key)), \(error.sentence)")
                return true
            }
            if dryRun { progress.end() }
            try body(found)
            return true
        }
        for collection in meant { try store.eachConflict(in: collection, mayShow: values, look) }
        progress.end()
        guard !session.output.isUnwanted() else { throw ConsoleError(code: "interrupted", "ended on the way; nothing was written") }
        if left > Self.leftLimit { session.output.note("… and \(left - Self.leftLimit) more left open") }
        if isNone { session.output.note(conditions.isEmpty ? "nothing is in conflict" : "no conflict matches") }
        return left
    }

    private func resolution(of conflict: Conflict, _ session: Session, _ store: Store) throws -> Resolution {
        try answers.resolution(of: conflict, SideNames(conflict: conflict, session: session, store: store, hasLetters: !all))
    }

    /// The conflict of the record that is named.
    private func conflict(_ session: Session, _ store: Store) throws -> Conflict {
        guard let record else { preconditionFailure("validated") }
        let key = try Arguments.record(record)
        guard try store.record(key) != nil else { throw ConsoleError(noRecord: key) }
        guard let conflict = try store.conflict(key) else {
            throw ConsoleError(
                code: "no-conflict", "nothing is in conflict in \(Arguments.shown(key))", hint: "`syncline conflicts` lists what is")
        }
        return conflict
    }

    private static func isOfCollection(_ condition: FieldWrite) -> Bool { condition.field.text == "collection" }

    /// The store stays free while somebody edits; what has changed meanwhile is noticed.
    private func edit(_ session: Session) throws {
        let before = try session.reading()
        let conflict = try conflict(session, before)
        let names = SideNames(conflict: conflict, session: session, store: before)
        let answered = try answers.resolution(of: conflict, names)
        let file: EditFile
        do { file = try EditFile(answered, isFinal: !dryRun, name: names.name(of:)) } catch {
            throw ConsoleError(error, name: names.name(of:))
        }
        let edited = try session.waiting { try Machine.edit(file.text, name: "conflict.txt") }
        do {
            let resolution = try answers.checked(try file.applying(edited.bytes), names)
            guard !dryRun else {
                preview(resolution, session, before)
                session.output.note(ResolutionTally([resolution]).previewed)
                edited.remove()
                return
            }
            let store = try session.writing()
            for event in try commit([resolution], session, store) {
                session.report(event)
                try Self.noteRest(of: event.key, session, store)
            }
            try session.close(store)
            edited.remove()
        } catch let error as EditFileError {
            if error == .unchanged { edited.remove() }
            throw ConsoleError(
                code: error == .unchanged ? "unchanged" : "edit", error.sentence + "; nothing was written",
                hint: error == .unchanged ? "`--merge` takes what merges by itself as it is" : "what you wrote is kept in \(edited.path)")
        } catch let error as ConsoleError {
            session.output.note("what you wrote is kept in \(edited.path)")
            throw error
        }
    }

    private func preview(_ resolution: Resolution, _ session: Session, _ store: Store) {
        let names = SideNames(conflict: resolution.conflict, session: session, store: store)
        let preview = ResolutionPreview(resolution: resolution, name: names.name(of:))
        if session.isJSON {
            session.output.object { preview.write(to: &$0) }
        } else if all {
            session.output.line(preview.summary)
        } else {
            session.output.line(Arguments.shown(resolution.conflict.key))
            for line in preview.lines { session.output.line("  " + line) }
        }
    }

    /// Writes them as one commit, and remembers the answers.
    func commit(_ resolutions: [Resolution], readAt end: Position? = nil, _ session: Session, _ store: Store) throws -> [Event] {
        try Self.commit(resolutions, note: try Arguments.note(note.first), readAt: end, session, store)
    }

    /// - Parameter end: where the log ended when the conflicts were read: as long as it does nothing can have changed.
    /// - Throws: where something has been written to a conflict since it was looked at, which would be settled unseen.
    static func commit(_ resolutions: [Resolution], note: Note?, readAt end: Position? = nil, _ session: Session, _ store: Store) throws
        -> [Event]
    {
        for conflict in resolutions.map(\.conflict) where try end != store.end && store.conflict(conflict.key) != conflict {
            throw ConsoleError(
                code: "moved-on", "\(Arguments.shown(conflict.key)) has changed meanwhile; nothing was written",
                hint: "`syncline show \(Arguments.typed(conflict.key))` shows it as it is now")
        }
        let drafts = try resolutions.map { resolution in
            let names = SideNames(conflict: resolution.conflict, session: session, store: store)
            do throws(ResolutionError) { return try resolution.draft(note: note) } catch {
                throw ConsoleError(error, name: names.name(of:))
            }
        }
        let wall = Machine.wall
        let events = try session.writing(drafts.map(\.key), in: store) { try store.commit(drafts, wall: wall) }
        store.remember(drafts, settling: resolutions.map(\.conflict), wall: wall)
        return events
    }

    private static func noteRest(of key: RecordKey, _ session: Session, _ store: Store) throws {
        guard let rest = try store.conflict(key), rest.isOpen else { return }
        let fields = (rest.isDeletionOpen ? ["delete against edit"] : []) + rest.openFields.map { Arguments.shown($0.field.text) }
        session.output.note("still open in \(Arguments.shown(key)): \(fields.joined(separator: ", "))")
    }
}

/// What resolutions come to.
struct ResolutionTally {
    /// Conflicts of which nothing is left open.
    private(set) var settled = 0
    /// Of which something is written, and something left open.
    private(set) var partly = 0
    /// Of these such as delete the record.
    private(set) var deletes = 0
    /// That cannot be settled like this.
    var left = 0

    init(_ resolutions: [Resolution] = [], left: Int = 0) {
        self.left = left
        for resolution in resolutions { add(resolution) }
    }

    mutating func add(_ resolution: Resolution) {
        if resolution.isComplete { settled += 1 } else { partly += 1 }
        if resolution.isDelete { deletes += 1 }
    }

    /// What is asked before all are written.
    var question: String {
        let count = settled + partly
        return
            "settle \(count == 1 ? "this one" : "these \(count)") like this?\(deletes > 0 ? " \(Sentences.count(deletes, "record")) will be deleted." : "") y or n › "
    }

    /// What a dry run says.
    var previewed: String {
        "\(settled) would be settled\(inPart)\(deletes > 0 ? ", \(Sentences.count(deletes, "record")) deleted" : "")\(left > 0 ? ", \(left) would stay open" : ""); nothing was written"
    }

    /// What is said when all are written.
    var written: String { "\(Sentences.count(settled, "conflict")) settled\(inPart)\(left > 0 ? ", \(left) left open" : "")" }

    var inPart: String { partly > 0 ? ", \(partly) in part" : "" }
}

/// How a conflict is answered from the command line.
struct AnswerOptions: ParsableArguments {
    /// At most one, which is checked: of an option that is no list the parser would take the last.
    @Option(help: ArgumentHelp("Take this side.", valueName: "side")) var choose: [String] = []
    @Option(help: ArgumentHelp("Take one field from this side; may be repeated.", valueName: "field=side")) var chooseField: [String] = []
    @Option(help: ArgumentHelp("Set a field to another value; may be repeated.", valueName: "field=value")) var set: [String] = []
    @Option(help: ArgumentHelp("Remove a field; may be repeated.", valueName: "field")) var unset: [String] = []
    @Flag(help: "Take what merges by itself, by the fields' policies or by line; the rest stays open.") var merge = false
    @Flag(help: "Open $VISUAL, else $EDITOR, else vi on what is contested.") var edit = false

    /// Whether they go together.
    func check() throws {
        guard !choose.isEmpty || !chooseField.isEmpty || !set.isEmpty || !unset.isEmpty || merge || edit else {
            throw ConsoleError.usage("say --choose SIDE, --choose-field field=SIDE, --set field=value, --unset field, --merge or --edit")
        }
        guard choose.count <= 1 else {
            throw ConsoleError.usage(
                "--choose takes one side, not \(choose.map { "“\($0)”" }.joined(separator: " and "))",
                hint: "say which one; --choose-field field=SIDE takes a field from another one")
        }
        guard choose.isEmpty || !merge else { throw ConsoleError.usage("say --choose SIDE or --merge, one of them") }
        try Self.checkOnce(try chooseField.map { try Self.fieldAndSide($0).0 }, "--choose-field")
        try Self.checkOnce(try set.map { try Arguments.write($0).field } + unset.map(Arguments.field), "--set and --unset")
    }

    /// A field has one answer.
    private static func checkOnce(_ fields: [Name], _ options: String) throws {
        var seen: Set<Name> = []
        guard let twice = fields.first(where: { !seen.insert($0).inserted }) else { return }
        throw ConsoleError.usage("the field “\(twice.text)” is there twice in \(options)", hint: "say which of them is meant")
    }

    func resolution(of conflict: Conflict, _ names: SideNames) throws -> Resolution {
        var resolution = Resolution(of: conflict)
        do {
            if let choose = choose.first { resolution = try resolution.applying(try names.choice(choose)) }
            for text in chooseField {
                let (field, side) = try Self.fieldAndSide(text)
                resolution = try resolution.applying(try names.choice(side), to: field)
            }
            for write in try set.map(Arguments.write) { resolution = try resolution.setting(write.field, to: write.value) }
            for field in try unset.map(Arguments.field) { resolution = try resolution.setting(field, to: nil) }
            if merge { resolution = try resolution.merging() }
        } catch let error as ResolutionError {
            throw ConsoleError(error, name: names.name(of:))
        }
        return edit ? resolution : try checked(resolution, names)
    }

    /// A word that is nobody's side in any conflict is said once.
    func checkSides(_ session: Session, _ store: Store) throws {
        for word in try choose + chooseField.map({ try Self.fieldAndSide($0).1 }) {
            if SideNames.words.contains(word) { continue }
            if word.contains(":"), (try? session.dot(word, in: store)) != nil { continue }
            guard word.count > 1 || store.names.devices.contains(where: { store.names[$0] == word }) else {
                throw ConsoleError.usage("“\(word)” is a side of one conflict", hint: "over several, a side is named by its device")
            }
            _ = try session.device(word, in: store)
        }
    }

    /// What cannot be written is said before anything is.
    func checked(_ resolution: Resolution, _ names: SideNames) throws -> Resolution {
        do throws(ResolutionError) { _ = try resolution.draft() } catch { throw ConsoleError(error, name: names.name(of:)) }
        return resolution
    }

    /// `field=side`: the last `=` splits, as a side's name has none more often than a field's.
    private static func fieldAndSide(_ text: String) throws -> (Name, String) {
        guard let equals = text.lastIndex(of: "=") else {
            throw ConsoleError.usage("“\(text)” names no side: it wants field=SIDE", hint: "for example title=laptop")
        }
        return (try Arguments.field(String(text[..<equals])), String(text[text.index(after: equals)...]))
    }
}
