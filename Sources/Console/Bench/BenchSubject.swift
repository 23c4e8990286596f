internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import Workload

/// The store that a benchmark measures: one that is there, or one that is generated for it.
struct BenchSubject {
    /// The `.syncline` folder.
    let store: String
    /// What is measured, in words that two results share when they measured the same.
    let workload: String
    /// A folder for what a benchmark makes from the store.
    let scratch: String
    /// Whether `scratch` goes with the benchmark.
    private let isTemporary: Bool

    /// A store that is there. Its state's digest says what is measured.
    init(store: String, _ output: Output) throws {
        let hashing = Progress("hashing", total: 0, unit: "records", on: output)
        hashing.begin()
        let opened = try Store.open(in: store, on: POSIXVolume(), access: .reading)
        let digest = try opened.stateDigest { hashing.advance(to: $0, of: opened.recordCount) }
        hashing.end()
        self.store = store
        workload = "store: digest \(Hexadecimal.text(digest))"
        scratch = try Machine.temporaryFolder()
        isTemporary = true
    }

    /// A store with a generated workload: among the temporary files, or in a folder that is kept and may hold it already.
    init(generating workload: BenchWorkload, keep: String?, _ output: Output) throws {
        self.workload = workload.name
        scratch = try keep.map(Self.keptFolder) ?? Machine.temporaryFolder()
        isTemporary = keep == nil
        store = StoreFinder.folder(of: scratch)
        if let kept = try? InputFile.read(mark) {
            guard kept.elementsEqual(workload.name.utf8) else {
                throw ConsoleError(
                    code: "other-workload", "\(scratch) holds “\(String(decoding: kept, as: UTF8.self))”, not “\(workload.name)”",
                    hint: "name another folder with --keep")
            }
            return
        }
        guard !Machine.isFolder(store) else {
            throw ConsoleError(
                code: "folder-exists", "\(store) is there already, and no workload that bench finished generating",
                hint: "name another folder with --keep, or remove this one")
        }
        do {
            try Self.generate(workload.generator, in: store, output)
            let file = try OutputFile(mark)
            try file.write(Array(workload.name.utf8))
            try file.finish()
        } catch {
            remove()
            throw error
        }
    }

    /// Removes what was made for the benchmark alone.
    func remove() { if isTemporary { Machine.removeFolder(scratch) } }

    /// The file that says what a kept folder holds; it is made last.
    private var mark: String { scratch + "/workload" }

    private static func keptFolder(_ path: String) throws -> String {
        do throws(VolumeError) { try POSIXVolume().createFolderIfMissing(path) } catch { throw ConsoleError(error) }
        return path
    }

    private static func generate(_ generator: WorkloadW, in folder: String, _ output: Output) throws {
        var generator = generator
        let store = try Store.create(
            in: folder, on: POSIXVolume(), device: DeviceID(high: 0, low: 1), name: "bench", storeID: StoreID(high: 0, low: 1),
            options: Session.options)
        let progress = Progress("generating", total: generator.count, on: output)
        progress.begin()
        var batch: [Event] = []
        while let event = generator.next() {
            batch.append(event)
            if batch.count == batchEvents {
                try store.adopt(batch)
                batch.removeAll(keepingCapacity: true)
                progress.advance(to: Int(store.end.index))
            }
        }
        try store.adopt(batch)
        try store.checkpoint()
        try store.close()
        progress.end()
    }

    private static let batchEvents = 50_000
}
