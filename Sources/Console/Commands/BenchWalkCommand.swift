internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// Measures reading and checking the log: the limit of any replay of these bytes.
struct BenchWalkCommand: BenchmarkCommand {
    static let benchmark = "walk"
    static let configuration = CommandConfiguration(
        commandName: benchmark, abstract: "Read the log's blocks and check their checksums, and do nothing else.",
        discussion:
            "What a replay cannot be faster than. The digest is that of the blocks' checksums. Example:\n\n  syncline bench walk --events 1000000"
    )

    @OptionGroup var bench: BenchOptions
    @OptionGroup var common: CommonOptions

    func measure(_ session: Session) throws -> BenchRun {
        let folder = try session.folder()
        var blocks = 0
        var checksums = Checksum()
        var (run, log) = try BenchRun.measuring {
            let log = try EventLog.open(in: folder, on: POSIXVolume(), access: .reading)
            let cursor = try log.blocks(from: Position(0))
            while let block = try cursor.next() {
                blocks += 1
                checksums.add(UnsafeRawBufferPointer(rebasing: block.bytes.prefix(BlockHeader.sizeBytes)))
            }
            return log
        }
        run.events = Int(log.end.index)
        run.bytes = log.sizeBytes
        run.details = [("blocks", blocks)]
        if bench.withDigest { run.digest = String(checksums.value, radix: 16) }
        return run
    }
}
