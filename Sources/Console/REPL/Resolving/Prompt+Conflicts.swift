internal import EventCore
internal import ReplicaEngine
internal import SyncClient

/// Conflicts at the prompt: opening one, and performing what its mode decides.
extension Prompt {
    /// Opens a conflict by its number in the list.
    func open(number: Int) throws {
        guard !isNumberedThen else {
            throw ConsoleError(
                code: "in-the-past", "the list that was shown last is one of the past", hint: "`conflicts` numbers what is open now")
        }
        if numbered.isEmpty {
            try store.openConflicts { conflict in
                numbered.append(conflict.key)
                return true
            }
        }
        guard numbered.indices.contains(number - 1) else {
            throw ConsoleError(
                code: "no-such-conflict",
                numbered.isEmpty ? "nothing is in conflict" : "there is no conflict \(number): they are numbered 1 to \(numbered.count)",
                hint: "`conflicts` lists them")
        }
        let key = numbered[number - 1]
        guard let conflict = try store.conflict(key), conflict.isOpen else {
            throw ConsoleError(
                code: "no-conflict", "\(number) is settled already: nothing is in conflict in \(Arguments.shown(key))",
                hint: "`conflicts` lists what is open")
        }
        leave()
        open(conflict, number: number)
    }

    private func open(_ conflict: Conflict, number: Int) {
        var suggestions: [Name: Suggestion] = [:]
        for field in conflict.openFields { suggestions[field.field] = store.suggestion(for: field, in: conflict.key.collection) }
        let session = session()
        let names = SideNames(conflict: conflict, session: session, store: store, isShownFirst: true)
        mode = ConflictMode(
            conflict, number: number, total: numbered.count, suggestions: suggestions,
            side: { text in
                let devices = conflict.sides.lazy.map(\.standsFor.device)
                if Program.isCommand(text) && !devices.contains(where: { session.name(of: $0, in: names.store) == text }) {
                    throw ConsoleError.usage("“\(text)” is a command")
                }
                return try names.choice(text)
            }, name: names.name(of:))
        show(isWhole: false)
    }

    func perform(_ effect: ConflictMode.Effect) throws {
        switch effect {
        case .show(let isWhole): show(isWhole: isWhole)
        case .preview: preview()
        case .edit(let field): try edit(field)
        case .run(let words): try runCommand(words)
        case .write(let note): try write(note)
        case .next: try openNext()
        case .leave: leave()
        case .all(let words): try answerAll(words)
        }
    }

    /// What somebody wrote meanwhile, an undo or an import, changes the conflict that is open.
    func refresh() throws {
        guard let mode, try !isShown(mode.conflict) else { return }
        let now = try store.conflict(mode.conflict.key)
        let output = session().output
        guard let now, now.isOpen else {
            output.line("\(Arguments.shown(mode.conflict.key)) is settled")
            output.flush()
            return try openNext()
        }
        output.line("\(Arguments.shown(mode.conflict.key)) has changed; this is the conflict now:")
        output.flush()
        open(now, number: mode.number)
    }

    /// Whether the conflict is as it was when it was opened.
    func isShown(_ conflict: Conflict) throws -> Bool { try store.conflict(conflict.key) == conflict }

    // MARK: - Showing

    private func show(isWhole: Bool) {
        guard let mode else { return }
        let session = session()
        let page = ConflictPage(record: mode.conflict.record, conflict: mode.conflict, isWhole: isWhole, way: .words) { [store] in
            session.name(of: $0, in: store)
        }
        page.writeText(to: session.output)
        for (field, suggestion) in mode.suggestions.sorted(by: { $0.key < $1.key }) {
            guard let time = try? HybridTime(milliseconds: suggestion.milliseconds) else { continue }
            let answer = suggestion.value.map { "= " + Printable.cut($0.description, to: 60) } ?? "is removed"
            session.output.line(
                "the same question was answered \(TimeText.age(of: time, at: Machine.wall)): \(field.text) \(answer); `answer` takes that")
        }
        session.output.flush()
    }

    private func preview() {
        guard let mode else { return }
        let output = session().output
        output.line("will write:")
        for line in ResolutionPreview(resolution: mode.resolution, name: mode.name).lines {
            let style: Style = line.hasPrefix("+") ? .added : line.hasPrefix("-") ? .removed : line.hasPrefix("?") ? .contested : .plain
            for part in Printable.wrapped(line, to: max(16, Terminal.columns - 4)) { output.line(StyledText("  " + part, style)) }
        }
        let hint = mode.resolution.isComplete ? "`done` writes it" : "`done` writes this much and leaves the rest open"
        for line in Printable.wrapped(hint, to: Terminal.columns) { output.line(line) }
        output.flush()
    }

    // MARK: - Doing

    private func edit(_ field: Name?) throws {
        guard let mode else { return }
        let file: EditFile
        do { file = try EditFile(mode.resolution, field: field, name: mode.name) } catch {
            throw ConsoleError(error, name: mode.name, isInConflict: true)
        }
        let edited = try held.gate.left { try Machine.edit(file.text, name: "conflict.txt") }
        do {
            try self.mode?.take(try file.applying(edited.bytes))
            edited.remove()
        } catch EditFileError.unchanged {
            edited.remove()
            throw ConsoleError(code: "unchanged", "the file was not changed, so nothing is chosen by it")
        } catch let error as EditFileError {
            throw ConsoleError(
                code: "edit", error.sentence + "; nothing is chosen by it", hint: "what you wrote is kept in \(edited.path)")
        } catch let error as ResolutionError {
            session().output.note("what you wrote is kept in \(edited.path)")
            throw ConsoleError(error, name: mode.name, isInConflict: true)
        }
        preview()
    }

    private func write(_ note: String?) throws {
        guard let mode else { return }
        guard try isShown(mode.conflict) else { return try refresh() }
        let session = session(isJSON: isJSON)
        let note = try Arguments.note(note)
        let events = try ResolveCommand.commit([mode.resolution], note: note, session, store)
        if isJSON { for event in events { session.report(event) } }
        let written = events.map { "\(session.name(of: store.device, in: store)):\($0.dot.seq)" }.joined(separator: ", ")
        let record = Arguments.shown(mode.conflict.key)
        if let rest = try store.conflict(mode.conflict.key), rest.isOpen {
            session.output.line("\(written) is written; what is open in \(record) now:")
            session.output.flush()
            return open(rest, number: mode.number)
        }
        session.output.line(StyledText("\(record) is settled", .good) + " by \(written); `undo` takes it back")
        session.output.flush()
        self.mode = nil
        try openNext(after: mode.number)
    }

    private func openNext() throws {
        guard let number = mode?.number else { return }
        leave()
        try openNext(after: number)
    }

    /// The next open conflict of the list; at its end the list is left.
    private func openNext(after number: Int) throws {
        for next in numbered.indices.dropFirst(number) {
            if let conflict = try store.conflict(numbered[next]), conflict.isOpen { return open(conflict, number: next + 1) }
        }
        let output = session().output
        let count = conflictCount
        output.line(
            count == 0
                ? "no conflict is open any more" : "that was the last of the list; \(Sentences.count(count, "conflict")) open: `conflicts`")
        output.flush()
    }

    /// Leaves the conflict that is open, if one is; what was chosen and not written is gone, which is said.
    func leave() {
        if let mode, mode.isUnfinished {
            let dropped = mode.choices.joined(separator: ", ")
            session().output.note(
                "left \(Arguments.shown(mode.conflict.key)) as it is: nothing was written; dropped: \(Printable.cut(dropped, to: 400))")
        }
        mode = nil
    }
}
