internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// What `sync --watch` shows: a line for each change of the state, for what comes in, and for critical events.
struct WatchPage {
    private let session: Session

    init(_ session: Session) { self.session = session }

    func run() throws {
        guard !session.isAtPrompt else {
            throw ConsoleError(
                code: "syncs-already", "this prompt syncs by itself as long as it is open", hint: "`syncline sync` does it at once")
        }
        let folder = try session.folder()
        let machine = WatchMachine(
            folder: folder, keys: Host.keysFolder, store: PassingStore(session: session, folder: folder),
            clock: { Host.clock }, chance: { Host.random })
        while true {
            do { return try watch(machine) } catch SyncError.otherIdentity { showIdentity() }
        }
    }

    /// Watches until the store is another device's.
    private func watch(_ machine: WatchMachine) throws {
        var (warnings, gained) = (SaidWarnings(), 0)
        let watching = try Watching(machine) { news in
            show(news)
            if case .status(let status) = news { for warning in warnings.new(in: status) { show(warning) } }
            switch news {
            case .arrived(let arrival): gained += arrival.eventCount
            case .status(let status) where status.state == .connected && gained > 0:
                settle(gained: gained)
                gained = 0
            case .status, .acknowledged: break
            }
        }
        try watching.run(until: { false })
    }

    /// For who asks next; that it cannot be done stops no watch.
    private func settle(gained: Int) {
        guard let read = try? session.reading() else { return }
        guard Session.isWorthACheckpoint(gained, of: read) else {
            try? session.makeDerivedFiles(of: read, gained: gained)
            return
        }
        guard let store = try? session.writing() else { return }
        try? session.settle(store, gained: gained)
        try? session.close(store)
    }

    /// Says that the store was mended; everything behind it is of the new identity.
    private func showIdentity() {
        guard let device = try? session.reading().device else { return }
        line("mended", "the store was mended: it writes on as \(device), and so does this watch") { writer in
            writer.key("device")
            writer.device(device)
        }
    }

    private func show(_ news: WatchNews) {
        switch news {
        case .status(let status): show(status)
        case .arrived(let arrival):
            for event in arrival.critical {
                line("critical", "critical: \(event.dot) in \(Arguments.shown(event.key))") { writer in
                    writer.key("dot")
                    writer.dot(event.dot)
                    writer.key("record")
                    writer.string(Arguments.text(event.key))
                }
            }
            guard arrival.eventCount > 0 else { return }
            let text = "\(Sentences.count(arrival.eventCount, "event")) pulled, \(Sentences.count(arrival.conflictsOpen, "conflict")) open"
            line("pulled", text) { writer in
                writer.key("events")
                writer.integer(arrival.eventCount)
                writer.key("conflicts")
                writer.integer(arrival.conflictsOpen)
            }
        case .acknowledged(let dot, let devices, let missing):
            let text = "\(dot): \(Sentences.count(devices.count, "device")) have it, \(missing.count) not yet"
            line("acknowledged", text) { writer in
                writer.key("dot")
                writer.dot(dot)
                writer.key("by")
                writer.integer(devices.count)
                writer.key("missing")
                writer.integer(missing.count)
            }
        }
    }

    private func show(_ status: SyncStatus) {
        let (state, why) = StateWords.words(status.state)
        let withheld = status.withheld > 0 ? "\(status.withheld) here alone" : ""
        let text = [state, why ?? "", "\(status.role.rawValue)", "\(status.pending) pending", withheld].filter { !$0.isEmpty }
            .joined(separator: "  ")
        line("status", text) { writer in
            writer.key("state")
            writer.string(state)
            writer.key("why")
            if let why { writer.string(why) } else { writer.null() }
            writer.key("role")
            writer.string(status.role.rawValue)
            writer.key("pending")
            writer.integer(status.pending)
            writer.key("withheld")
            writer.integer(status.withheld)
            writer.key("unacknowledgedCritical")
            writer.integer(status.unacknowledgedCritical)
            writer.key("advice")
            writer.string(status.advice.rawValue)
        }
    }

    private func show(_ warning: SyncWarning) {
        let sentence = WarningWords.sentence(warning) { device in
            guard let store = try? session.reading() else { return device.description }
            return session.name(of: device, in: store)
        }
        line("warning", sentence) { writer in
            writer.key("warning")
            writer.string(WarningWords.word(warning))
            writer.key("why")
            writer.string(sentence)
            writer.key("advice")
            writer.string(Advice(for: warning).rawValue)
        }
    }

    private func line(_ type: StaticString, _ text: String, _ members: (inout JSONWriter) -> Void) {
        if session.isJSON {
            session.output.object { writer in
                writer.key("type")
                writer.string(type.description)
                members(&writer)
            }
        } else {
            session.output.line(text)
        }
        session.output.flush()
    }
}
