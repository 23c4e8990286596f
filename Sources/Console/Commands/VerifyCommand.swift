internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine

/// Checks a store from end to end.
struct VerifyCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every byte of the store; never writes.",
        discussion:
            "Exit 0: intact. 2: a torn tail above the acknowledged mark, nothing acknowledged is lost. 3: damage. With --deep it also hashes all events and prints where each device's chain ends, which is the same on every store that holds the same events of that device. Examples:\n\n  syncline verify --json\n  syncline verify --deep"
    )

    @Flag(help: "Also hash every event, and print the devices' hash chains.") var deep = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let found = try Store.verify(in: try session.folder(), on: POSIXVolume(), deep: deep)
        let problems = problems(found)
        let status = Self.status(found.result)
        session.output.statusAtClosedPipe = status.map(\.rawValue) ?? 0
        if session.isJSON {
            session.output.object { writer in
                writer.key("events")
                writer.integer(found.log.events)
                writer.key("segments")
                writer.integer(found.log.segments)
                writer.key("result")
                writer.string(found.result.rawValue)
                writer.key("problems")
                writer.beginArray()
                for problem in problems { writer.string(problem) }
                writer.endArray()
                if let chains = found.chains { writer.chains(chains.map { ($0, nil) }) }
            }
        } else {
            session.output.line(
                "\(Sentences.count(found.log.events, "event")) in \(Sentences.count(found.log.segments, "segment")): \(Self.word(found.result))"
            )
            for problem in problems { session.output.line("  " + problem) }
            for head in found.chains ?? [] { session.output.line("  chain \(head.dot) \(head.hash)") }
        }
        session.output.flush()
        if let status { throw ExitCode(status.rawValue) }
    }

    private static func status(_ result: LogVerification.Result) -> ConsoleError.Status? {
        switch result {
        case .intact: nil
        case .tornTail: .tornTail
        case .corrupt: .corrupt
        case .newerFormat: .newerFormat
        }
    }

    private static func word(_ result: LogVerification.Result) -> String {
        switch result {
        case .intact: "intact"
        case .tornTail: "a torn tail; nothing acknowledged is lost, and the next writer keeps its bytes aside"
        case .corrupt: "damaged"
        case .newerFormat: "written by a newer program"
        }
    }

    private func problems(_ found: StoreVerification) -> [String] {
        var problems = found.log.problems.map { ConsoleError($0).sentence }
        if let tail = found.log.tornTail {
            problems.append("\(tail.file): \(tail.sizeBytes) bytes from byte \(tail.offset) on are no commit")
        }
        if let position = found.malformedBlock {
            problems.append("the block at event \(position.index) is not one that this program writes")
        }
        if found.isChainCacheWrong {
            problems.append("the file chains says something else than the log: it is not used, and may be removed")
        }
        return problems
            + found.ignoredCheckpoints.map { "\($0): this checkpoint is not used, or not its order; it is a cache, nothing is lost" }
    }
}
