internal import EventCore

/// Where the log's files lie in a store's folder.
struct LogFolder: Hashable, Sendable {
    /// The store's folder.
    let path: String

    var log: String { path + "/log" }
    var checkpoints: String { path + "/checkpoint" }
    var lock: String { path + "/lock" }

    func segment(_ name: SegmentName) -> String { log + "/" + name.text }

    /// What a segment is called until it is complete; left over only by an interruption.
    func unfinished(_ name: SegmentName) -> String { log + "/" + name.text + Self.unfinishedSuffix }

    /// There while a segment's new name is not known to be durable. Left over, it says that it may not be, although it can be seen.
    var doubtfulNames: String { log + "/names" + Self.unfinishedSuffix }

    /// Where bytes are put aside that do not fit into memory; the name is gone once the file is open.
    var spool: String { log + "/spool" + Self.unfinishedSuffix }

    /// Where the bytes cut off a segment are kept. The checksum keeps two cuts at one offset apart, and makes repeating one harmless.
    func torn(segment number: Int, offset: Int, checksum: UInt32) -> String {
        log + "/torn-\(number.padded(to: 8))-\(offset.padded(to: 12))-\(Hexadecimal.text(checksum))"
    }

    func checkpoint(at position: Position) -> String { checkpoints + "/" + Self.checkpointName(at: position) }

    static func checkpointName(at position: Position) -> String { position.index.padded(to: 12) + ".checkpoint" }

    static let unfinishedSuffix = ".unfinished"
}
