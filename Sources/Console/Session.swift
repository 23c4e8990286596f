internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient

/// A store on this machine's disk.
typealias Store = Replica<POSIXVolume>

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The store's folder, or the one that holds it.", valueName: "dir"))
    var store: String?

    @Flag(help: "Print JSON: one object, or one a line.")
    var json = false
}

/// A command that gets what it needs handed over.
protocol SessionCommand: ParsableCommand {
    var common: CommonOptions { get }
    func run(_ session: Session) throws
}

extension SessionCommand {
    func run() throws {
        try Session(store: common.store, isJSON: common.json).run(self)
    }
}

/// One run of a command: where its results go, and the store that it opens.
final class Session {
    let output: Output
    let isJSON: Bool
    /// Asks whoever is there; nil where nobody is.
    var ask: (String) -> Bool? = Machine.ask
    private let storeOption: String?
    /// The store that a prompt has open, which is handed out instead of opening one.
    private let held: Held?
    /// Whether the prompt syncs behind the line, and so leads when the hub lets it.
    private let isWatched: Bool

    struct Held {
        let store: Store
        let folder: String
        /// Whose turn it is with the store.
        let gate: StoreGate

        init(store: Store, folder: String) {
            self.store = store
            self.folder = folder
            gate = StoreGate(store, in: folder)
        }
    }

    init(store: String?, isJSON: Bool) {
        storeOption = store
        self.isJSON = isJSON
        held = nil
        isWatched = false
        output = Output(isJSON: isJSON)
    }

    /// One command at a prompt.
    init(holding held: Held, isJSON: Bool, isWatched: Bool = false, output: Output) {
        storeOption = nil
        self.held = held
        self.isJSON = isJSON
        self.isWatched = isWatched
        self.output = output
    }

    /// Work behind a prompt, which finds the store as a reader does and shows nothing on the way.
    init(behind held: Held) {
        storeOption = held.folder
        isJSON = false
        self.held = nil
        isWatched = false
        output = Output(showsProgress: false)
    }

    /// Runs a command, and prints what it found.
    func run(_ command: some SessionCommand) throws {
        do {
            try command.run(self)
        } catch let error as ReplicaError {
            output.flush()
            throw ConsoleError(error)
        }
        output.flush()
    }

    func folder() throws -> String { try held?.folder ?? StoreFinder.find(option: storeOption) }

    /// The folder of the store or of the hub's workspace that is to be looked at.
    func folderForReading() throws -> String { try held?.folder ?? StoreFinder.findForReading(option: storeOption) }

    /// Opens the store without a lock.
    func reading() throws -> Store {
        if let held { return held.store }
        let store = try Store.open(in: try folder(), on: POSIXVolume(), access: .reading)
        if let tail = store.recovery.tornTail {
            output.note(
                "syncline: what lies behind the end of \(tail.file), \(Sentences.count(tail.sizeBytes, "byte")), is no commit; it is passed over, and the next writer keeps it aside"
            )
        }
        return store
    }

    /// Opens the store for writing, waiting for another writer that is just about done.
    func writing() throws -> Store {
        if let held { return held.store }
        return try writing(try folder())
    }

    /// The same for a folder that is known, by a command that never runs at a prompt.
    func writing(_ folder: String, isWatch: Bool = false) throws(ReplicaError) -> Store {
        let store = try Host.openForWriting(folder, command: Self.command, isWatch: isWatch)
        store.lease = WritingLease(ofStore: folder)
        report(store.recovery)
        return store
    }

    /// Opens the store for a prompt, which keeps it for writing as long as it is there.
    func holding() throws -> Held {
        let folder = try folder()
        let store = try Host.hold(folder, command: Self.command, .prompt)
        report(store.recovery)
        return Held(store: store, folder: folder)
    }

    /// Whether a prompt has the store open.
    var isAtPrompt: Bool { held != nil }

    /// What stands before a command that is to be typed: at a prompt the program's name is left out.
    var program: String { isAtPrompt ? "" : "syncline " }

    /// Runs `body`, which waits for a person and does not touch the store; others may write to it meanwhile.
    func waiting<Value>(_ body: () throws -> Value) throws -> Value { try held?.gate.left(body) ?? body() }

    /// Lets go of a store, unless a prompt goes on with it.
    func close(_ store: Store) throws {
        if held == nil { try store.close() }
    }

    /// What this process is known by in a lock's file.
    private static var command: String { CommandLine.arguments.joined(separator: " ") }

    static var options: LogOptions { LogOptions(holder: LockHolder(process: Machine.process, command: command)) }

    private func report(_ recovery: RecoveryReport) {
        if let tail = recovery.tornTail {
            output.note(
                "syncline: the end of \(tail.file), \(Sentences.count(tail.sizeBytes, "byte")), was never acknowledged; it was cut off and is kept in \(tail.keptIn ?? "")"
            )
        }
    }

    /// Whether so many new events are named: on a terminal the names of many say nothing.
    func names(_ count: Int) -> Bool { isJSON || !Terminal.hasOutput || count <= Self.namedLimit }

    private static let namedLimit = 12

    /// Prints a new event's name.
    func report(_ event: Event) {
        guard isJSON else {
            output.line(event.dot.description)
            return
        }
        output.object { writer in
            writer.key("dot")
            writer.dot(event.dot)
            writer.key("kind")
            writer.string(event.kind.word)
        }
    }

    /// The exchange of a store that has joined a hub.
    func syncing(_ store: Store) throws -> Syncing<POSIXVolume> {
        let syncing = try Syncing(store, in: try folder(), keys: Host.keysFolder, now: { Machine.wall })
        guard Output.isErrorTerminal else { return syncing }
        syncing.onWaitingForLease = { [output, names = store.names] holder, milliseconds in
            let whose = holder.map { "the lease of \(names.label(of: $0, besides: SideNames.words))" } ?? "a lease"
            output.note("waiting for \(whose) to run out, up to \(milliseconds / 1000) s")
        }
        return syncing
    }

    /// Runs `body`, which writes to these records. Where one is a policy and the store has joined a workspace the hub is asked for the lease, unless the watch behind the prompt has seen to that.
    func writing<Value>(_ keys: [RecordKey], in store: Store, _ body: () throws -> Value) throws -> Value {
        guard !isWatched, let policy = keys.first(where: { $0.collection == .policies }), SyncFolder(ofStore: try folder()).hasLink else {
            return try body()
        }
        do { return try syncing(store).writingUnderLease(body) } catch let error as SyncError {
            throw ConsoleError(noLeaseFor: policy, error)
        }
    }

    /// Who has which of this device's critical events; says nothing where no hub is joined.
    func receipts() throws -> CriticalReceipts { try SyncFolder(ofStore: try folder()).receipts() }

    // MARK: - Words for people

    /// What a device is shown as, safe for a terminal: its name, `name~4e1fbf6a` where others have it, or the first characters of its id.
    func name(of device: DeviceID, in store: Store) -> String {
        Printable.escaped(store.names.label(of: device, besides: SideNames.words))
    }

    /// How an event is typed.
    func typed(_ dot: Dot, in store: Store) -> String {
        Arguments.typed("\(store.names.label(of: dot.device, besides: SideNames.words)):\(dot.seq)")
    }

    /// What takes these events back, which are one commit of this device, as a command to type.
    func undoing(_ events: [Event], in store: Store) -> String {
        guard let first = events.first, events.count > 1 else { return "`\(program)undo` takes it back" }
        return "`\(program)undo --since \(typed(first.dot, in: store))` takes them back"
    }

    /// The device that a name, a label or the first characters of an id mean.
    func device(_ text: String, in store: Store) throws -> DeviceID {
        let known = Set(store.versionVector.entries.map(\.device)).union(store.names.devices).union(store.waitingEvents.map(\.dot.device))
        let meanings: [(DeviceID) -> Bool] = [
            { self.name(of: $0, in: store) == text }, { store.names[$0] == text }, { $0.description.hasPrefix(text) },
        ]
        let fitting = meanings.lazy.map { known.filter($0) }.first { !$0.isEmpty } ?? []
        guard let device = fitting.first, !text.isEmpty else {
            throw ConsoleError(
                code: ConsoleError.noSuchDevice, "no device is called “\(text)”, and no id begins so", hint: "`syncline log` shows devices")
        }
        guard fitting.count == 1 else {
            let list = fitting.sorted().map { "\(name(of: $0, in: store)) \($0)" }.joined(separator: ", ")
            throw ConsoleError.usage("“\(text)” fits several devices: \(list)", hint: "type one of these names, or more of the id")
        }
        return device
    }

    func dot(_ text: String, in store: Store) throws -> Dot {
        guard let colon = text.lastIndex(of: ":"), let seq = UInt64(text[text.index(after: colon)...]), seq > 0 else {
            throw ConsoleError.usage("“\(text)” is no event: it wants device:seq")
        }
        return Dot(device: try device(String(text[..<colon]), in: store), seq: seq)
    }

    /// A record, now or then.
    ///
    /// - Throws: “not there yet” where it came later, “no record” where it never did.
    func record(_ key: RecordKey, at moment: Moment?, in store: Store) throws -> Record {
        guard let now = try store.record(key) else { throw ConsoleError(noRecord: key) }
        guard let moment else { return now }
        if let then = try store.record(key, at: moment) { return then }
        throw ConsoleError(
            code: "not-yet", "the record \(Arguments.shown(key)) was not there yet",
            hint: "`syncline log \(Arguments.typed(key))` shows since when")
    }

    /// `#N`, `device:seq` or an ISO time.
    func moment(_ text: String?, in store: Store) throws -> Moment? {
        guard let text else { return nil }
        if text.hasPrefix("#") {
            guard let count = UInt64(text.dropFirst()) else { throw ConsoleError.usage("“\(text)” wants a number behind #") }
            guard count <= store.end.index else {
                throw ConsoleError(code: "no-such-position", "the log has \(Sentences.count(store.end.index, "event")), not \(count)")
            }
            return .position(Position(count))
        }
        if let milliseconds = TimeText.milliseconds(iso: text) { return .time(milliseconds: milliseconds) }
        let isLikeTime = text.prefix(5).count == 5 && text.prefix(4).allSatisfy { $0.isASCII && $0.isNumber } && text.prefix(5).last == "-"
        guard text.contains(":"), let dot = isLikeTime ? try? dot(text, in: store) : try dot(text, in: store) else {
            throw ConsoleError.usage(
                "“\(text)” is no moment", hint: "#N after N events, device:seq, or a time such as 2021-11-22T16:52:20Z")
        }
        return .dot(dot)
    }
}
