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
        let session = Session(store: common.store, isJSON: common.json)
        do {
            try run(session)
        } catch let error as ReplicaError {
            throw ConsoleError(error)
        }
        session.output.flush()
    }
}

/// One run of a command: where its results go, and the store that it opens.
final class Session {
    let output: Output
    let isJSON: Bool
    /// Asks whoever is there; nil where nobody is.
    var ask: (String) -> Bool? = Machine.ask
    private let storeOption: String?

    /// How long a writer waits for another one.
    private static let lockWaitSeconds = 5.0

    init(store: String?, isJSON: Bool) {
        storeOption = store
        self.isJSON = isJSON
        output = Output(isJSON: isJSON)
    }

    func folder() throws -> String { try StoreFinder.find(option: storeOption) }

    /// Opens the store without a lock.
    func reading() throws -> Store {
        let store = try Store.open(in: try folder(), on: POSIXVolume(), access: .reading)
        if let tail = store.recovery.tornTail {
            output.note(
                "syncline: what lies behind the end of \(tail.file), \(Sentences.count(tail.sizeBytes, "byte")), is no commit; it is passed over, and the next writer keeps it aside"
            )
        }
        return store
    }

    /// Opens the store for writing, waiting for another writer that is just about done.
    func writing() throws -> Store { try writing(try folder()) }

    /// The same for a folder that is known.
    func writing(_ folder: String) throws(ReplicaError) -> Store {
        let deadline = Machine.monotonicSeconds + Self.lockWaitSeconds
        while true {
            do throws(ReplicaError) {
                let store = try Store.open(in: folder, on: POSIXVolume(), access: .writing, options: Self.options)
                report(store.recovery)
                return store
            } catch {
                guard case .log(.locked) = error, Machine.monotonicSeconds < deadline else { throw error }
                Machine.pause(milliseconds: 20)
            }
        }
    }

    static var options: LogOptions {
        LogOptions(holder: LockHolder(process: Machine.process, command: CommandLine.arguments.joined(separator: " ")))
    }

    private func report(_ recovery: RecoveryReport) {
        if let tail = recovery.tornTail {
            output.note(
                "syncline: the end of \(tail.file), \(Sentences.count(tail.sizeBytes, "byte")), was never acknowledged; it was cut off and is kept in \(tail.keptIn ?? "")"
            )
        }
    }

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
        try Syncing(store, in: try folder(), keys: Machine.keysFolder, now: { Machine.wall })
    }

    // MARK: - Words for people

    /// A device's name, or the first characters of its id.
    func name(of device: DeviceID, in store: Store) -> String {
        store.names[device] ?? String(device.description.prefix(8))
    }

    /// The device that a name or the first characters of an id mean.
    func device(_ text: String, in store: Store) throws -> DeviceID {
        let known = Set(store.versionVector.entries.map(\.device)).union(store.names.keys).union(store.waitingEvents.map(\.dot.device))
        let named = known.filter { store.names[$0] == text }
        let fitting = named.isEmpty ? known.filter { $0.description.hasPrefix(text) } : named
        guard let device = fitting.first, !text.isEmpty else {
            throw ConsoleError(
                code: "no-such-device", "no device is called “\(text)”, and no id begins so", hint: "`syncline log` shows devices")
        }
        guard fitting.count == 1 else {
            let list = fitting.sorted().map { "\(name(of: $0, in: store)) \($0)" }.joined(separator: ", ")
            throw ConsoleError.usage("“\(text)” fits several devices: \(list)", hint: "type more of the id")
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
            code: "not-yet", "the record \(Arguments.text(key)) was not there yet",
            hint: "`syncline log \(Arguments.text(key))` shows since when")
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
        guard text.contains(":") else {
            throw ConsoleError.usage(
                "“\(text)” is no moment", hint: "#N after N events, device:seq, or a time such as 2021-11-22T16:52:20Z")
        }
        return .dot(try dot(text, in: store))
    }
}
