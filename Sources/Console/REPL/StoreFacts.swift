internal import EventCore
internal import PromptLine
internal import ReplicaEngine

/// What the open store knows that completes words.
struct StoreFacts: CompletionFacts {
    let store: Store
    let conflict: ConflictFacts?

    /// So many records are offered by name, beyond it how their names may go on.
    private static let recordLimit = 500
    private static let recordsLookedAt = 2000
    private static let valueLimit = 50
    private static let valueBytesLimit = 60

    var collections: [String] { store.collectionNames.map(Arguments.text(collection:)) }

    /// What steers a terminal is not offered; the beginning of an id is typed for it.
    var devices: [String] {
        let known = Set(store.versionVector.entries.map(\.device)).union(store.names.devices)
        return Set(known.map { store.names.label(of: $0, besides: SideNames.words) }).filter { Printable.escaped($0) == $0 }.sorted()
    }

    func records(startingWith text: String, _ matching: WordMatching) -> [Candidate] {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            return collections.map { Candidate($0 + "/", endsWord: false) }
        }
        let typed = String(text[..<slash])
        guard let collection = try? Arguments.collection(typed) else { return [] }
        let start = Array(text.utf8[text.utf8.index(after: slash)...])
        var ids: [[UInt8]] = []
        // What all begin with, as the first one has it.
        var common: [UInt8]?
        var count = 0
        forEachID(in: collection, startingWith: start, matching) { id in
            count += 1
            if ids.count < Self.recordLimit { ids.append(Array(id)) }
            guard let shared = common else { return common = Array(id) }
            let alike = shared.withUnsafeBytes { matching.alikeBytes($0, id).left }
            if alike < shared.count { common = Array(shared[..<alike]) }
        }
        func candidate(_ id: [UInt8], endsWord: Bool) -> Candidate {
            Candidate(typed + "/" + String(decoding: id, as: UTF8.self), endsWord: endsWord)
        }
        guard count > Self.recordLimit, let common else {
            return ids.sorted { $0.lexicographicallyPrecedes($1) }.map { candidate($0, endsWord: true) }
        }
        return steps(in: collection, behind: common, matching).map { candidate($0, endsWord: false) }
    }

    /// The beginnings that are one character longer than this one.
    private func steps(in collection: Name, behind start: [UInt8], _ matching: WordMatching) -> [[UInt8]] {
        var steps: Set<[UInt8]> = []
        forEachID(in: collection, startingWith: start, matching) { id in
            let length = start.withUnsafeBytes { matching.alikeBytes(id, $0).left }
            guard id.count > length, steps.count < Self.recordLimit else { return }
            let end = id[(length + 1)...].firstIndex { $0 & 0xC0 != 0x80 } ?? id.count
            steps.insert(Array(id[..<end]))
        }
        return steps.sorted { $0.lexicographicallyPrecedes($1) }
    }

    func files(startingWith text: String, _ matching: WordMatching) -> [Candidate] {
        let folder = text.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(text[...$0]) } ?? ""
        let name = String(text.utf8.dropFirst(folder.utf8.count)) ?? ""
        // As elsewhere, what begins with a dot is offered where one was typed.
        let fitting = Machine.entries(ofFolder: folder.isEmpty ? "." : folder).filter { entry in
            matching.begins(entry.name, with: name) && (name.hasPrefix(".") || !entry.name.hasPrefix("."))
        }
        return fitting.sorted { $0.name < $1.name }.map { entry in
            Candidate(folder + entry.name + (entry.isFolder ? "/" : ""), endsWord: !entry.isFolder)
        }
    }

    private func forEachID(
        in collection: Name, startingWith start: [UInt8], _ matching: WordMatching, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        if matching == .exact {
            try? store.forEachRecordID(in: collection, startingWith: start, body)
            return
        }
        try? store.forEachRecordID(in: collection, startingWith: []) { id in
            if start.withUnsafeBytes({ matching.alikeBytes(id, $0).right }) == start.count { body(id) }
        }
    }

    func fields(of record: String?) -> [String] {
        guard let key = record.flatMap({ try? Arguments.record($0) }) else { return store.knownFields(in: nil).map(\.text) }
        if let record = try? store.record(key), !record.fields.isEmpty { return record.fields.map(\.field.text) }
        return store.knownFields(in: key.collection).map(\.text)
    }

    func values(of field: String, near record: String?) -> [String] {
        guard let field = try? Arguments.field(field) else { return [] }
        let collection = record.flatMap { try? Arguments.record($0) }?.collection
        let values = (try? store.someValues(of: field, in: collection, lookingAt: Self.recordsLookedAt)) ?? []
        return Array(values.map(Arguments.text(value:)).filter { $0.utf8.count <= Self.valueBytesLimit }.sorted().prefix(Self.valueLimit))
    }
}
