internal import EventCore
internal import LogStore

/// The `digest` file of a store: what the state's digest was at one end of the log. Its content (`DerivedFile`): the committed end, of which the sealed one is a part, and 32 bytes.
struct SavedStateDigest {
    static let fileName = "digest"
    private static let magic: StaticString = "SYNCDIG1"

    let end: CommittedEnd
    let digest: [UInt8]

    var bytes: [UInt8] {
        var content: [UInt8] = []
        content.append(end)
        let sealed = end.sealed ?? SealedEnd(segment: 0, position: Position(0), digest: .none)
        return DerivedFile.bytes(Self.magic, at: sealed, content + digest)
    }

    /// nil unless the bytes are whole.
    static func read(_ bytes: [UInt8]) -> SavedStateDigest? {
        DerivedFile.read(magic, bytes) { (_, cursor) throws(BlockError) in
            SavedStateDigest(end: try CommittedEnd(&cursor), digest: Array(try cursor.take(32)))
        }
    }
}

extension Replica {
    /// The state's digest, as it has been saved where nothing has come since; of a large store it is saved otherwise.
    ///
    /// - Parameters:
    ///   - large: how many records a large store has. Of 20,000 it is made in some ten milliseconds.
    ///   - progress: called again and again while it is made: how many records are done.
    package func knownStateDigest(large: Int = 20_000, progress: (_ records: Int) -> Void = { _ in }) throws -> [UInt8] {
        if let saved = savedStateDigest { return saved }
        let digest = try stateDigest(progress: progress)
        if recordCount >= large {
            replaceDerivedFile(SavedStateDigest.fileName, with: SavedStateDigest(end: log.committedEnd, digest: digest).bytes)
        }
        return digest
    }

    /// Whether the file says of the log's end what the records do not.
    func isSavedDigestWrong(progress: (_ records: Int) -> Void) throws(ReplicaError) -> Bool {
        guard let saved = savedStateDigest else { return false }
        do { return try stateDigest(progress: progress) != saved } catch let error as ReplicaError { throw error } catch {
            preconditionFailure("hashing throws what the store throws")
        }
    }

    /// What the file says of the log's end.
    private var savedStateDigest: [UInt8]? {
        let saved = derivedFile(SavedStateDigest.fileName).flatMap(SavedStateDigest.read)
        return saved?.end == log.committedEnd ? saved?.digest : nil
    }
}
