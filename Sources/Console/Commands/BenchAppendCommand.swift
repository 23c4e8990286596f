internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import Synchronization
internal import Workload

/// Measures appending.
struct BenchAppendCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "append", abstract: "Append edits to a generated store, each commit synced, beside the same writes without a store.",
        discussion: """
            The edits are those of workload W, written by one device into a store among the temporary files, which is removed again. With --writers so many threads share one store: \
            each writes batch after batch, and commits that come together share a sync. Making the edits is not measured. Example:

              syncline bench append --events 1000000 --batch 1000
              syncline bench append --events 100000 --batch 1 --writers 64
            """)

    @Option(help: ArgumentHelp("How many edits.", valueName: "n")) var events: Int = 200_000
    @Option(help: ArgumentHelp("Edits a commit of a writer.", valueName: "n")) var batch: Int = 1000
    @Option(help: ArgumentHelp("Threads that write.", valueName: "n")) var writers: Int = 1
    @Option(help: ArgumentHelp("Of the generated workload.", valueName: "n")) var seed: UInt64 = 42
    @Option(help: ArgumentHelp("An earlier result of --json: exit 1 when this one is slower beyond the noise of both.", valueName: "file"))
    var compare: String?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard events >= 1 && events <= 100_000_000 else { throw ValidationError("--events is 1 to 100000000") }
        guard batch >= 1 && batch <= 100_000 else { throw ValidationError("--batch is 1 to 100000") }
        guard writers >= 1 && writers <= 1024 else { throw ValidationError("--writers is 1 to 1024") }
    }

    func run(_ session: Session) throws {
        let folder = try Machine.temporaryFolder()
        defer { Machine.removeFolder(folder) }
        var measure = AppendMeasure(batch: batch, writers: writers)
        let store = try Store.create(
            in: StoreFinder.folder(of: folder), on: POSIXVolume(), device: DeviceID(high: 0, low: 1), name: "bench",
            storeID: StoreID(high: 0, low: seed), options: Session.options)
        let progress = Progress("appending", total: events, on: session.output)
        if writers == 1 { try append(to: store, &measure, progress) } else { try appendTogether(to: store, &measure) }
        progress.end()
        try measure.note(store)
        try store.close()
        try measure.measureRawWrites(in: folder)
        if session.isJSON { measure.writeJSON(to: session.output) } else { measure.writeText(to: session.output) }
        session.output.flush()
        if let compare { try measure.compare(with: compare, session.output) }
    }

    private func append(to store: Store, _ measure: inout AppendMeasure, _ progress: Progress) throws {
        var workload = WorkloadW(events: events, seed: seed)
        while true {
            let drafts = Self.drafts(batch, of: &workload)
            guard !drafts.isEmpty else { return }
            let (start, processor) = (Machine.monotonicSeconds, Machine.processorSeconds)
            _ = try store.commit([Self.prepared(drafts)], wall: Machine.wall)
            let seconds = Machine.monotonicSeconds - start
            measure.add(
                latencies: [seconds], events: drafts.count, seconds: seconds, processorSeconds: Machine.processorSeconds - processor)
            progress.advance(to: measure.events)
        }
    }

    /// Each writer makes all its edits, then all begin at once.
    private func appendTogether(to store: Store, _ measure: inout AppendMeasure) throws {
        let shares = (0..<writers).map { events / writers + ($0 < events % writers ? 1 : 0) }
        let queue = CommitQueue(store)
        var batches: [[[Draft]]] = []
        var workload = WorkloadW(events: events, seed: seed)
        for share in shares {
            let sizes = stride(from: 0, to: share, by: batch).map { min(batch, share - $0) }
            batches.append(sizes.map { Self.drafts($0, of: &workload) })
        }
        let work = batches
        let outcomes = Mutex<[Result<[Double], any Error>]>([])
        let (start, processor) = (Machine.monotonicSeconds, Machine.processorSeconds)
        try Host.onThreads(writers) { writer in
            let outcome = Result {
                try work[writer].map { drafts in
                    let start = Machine.monotonicSeconds
                    _ = try queue.commit(drafts, wall: Machine.wall)
                    return Machine.monotonicSeconds - start
                }
            }
            outcomes.withLock { $0.append(outcome) }
        }
        let seconds = Machine.monotonicSeconds - start
        let latencies = try outcomes.withLock { $0 }.flatMap { try $0.get() }
        measure.add(
            latencies: latencies, events: events, seconds: seconds, processorSeconds: Machine.processorSeconds - processor)
    }

    private static func prepared(_ drafts: [Draft]) throws -> PreparedDrafts {
        do throws(EventError) { return try PreparedDrafts(drafts) } catch { throw ConsoleError.usage(Sentences.event(error)) }
    }

    private static func drafts(_ count: Int, of workload: inout WorkloadW) -> [Draft] {
        var drafts: [Draft] = []
        drafts.reserveCapacity(count)
        while drafts.count < count, let event = workload.next() {
            drafts.append(Draft(key: event.key, body: event.body, kind: event.kind))
        }
        return drafts
    }
}
