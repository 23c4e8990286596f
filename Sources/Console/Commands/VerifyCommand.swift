internal import ArgumentParser
internal import EventCore
internal import LogStore
internal import ReplicaEngine
internal import SyncClient
internal import SyncCore

/// Checks a store from end to end.
struct VerifyCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every byte of the store; never writes.",
        discussion:
            "Exit 0: intact. 2: a torn tail above the acknowledged mark, nothing acknowledged is lost. 3: damage. With --deep it also hashes all events and prints where each device's chain ends, which is the same on every store that holds the same events of that device, and checks what the devices of the workspace have signed: whose events are not those that it signed, or whose signature is not of its key, is damage (3). A hub's workspace is checked like a store. Examples:\n\n  syncline verify --json\n  syncline verify --deep --store hub/workspaces/main"
    )

    @Flag(help: "Also hash every event, print the devices' hash chains, and check their signatures.") var deep = false
    @OptionGroup var common: CommonOptions

    func run(_ session: Session) throws {
        let folder = try session.folderForReading()
        let signed = deep ? try DeviceSignatures.known(in: folder) : nil
        func progress(_ what: String) -> Progress { Progress(what, total: 0, unit: "events", on: session.output) }
        let (reading, folding, hashing) = (progress("reading"), progress("folding"), progress("hashing"))
        let comparing = Progress("hashing", total: 0, unit: "records", on: session.output)
        let found = try Store.verify(in: folder, on: POSIXVolume(), deep: deep, marks: Set(signed?.all.map(\.head.dot) ?? [])) {
            switch $0 {
            case .reading: reading.advance(to: Int($1), of: Int($2))
            case .folding: folding.advance(to: Int($1), of: Int($2))
            case .hashing: hashing.advance(to: Int($1), of: Int($2))
            case .comparing: comparing.advance(to: Int($1), of: Int($2))
            }
        }
        for progress in [reading, folding, hashing, comparing] { progress.end() }
        let verdicts = signed?.verdicts(on: found) ?? [:]
        let problems = problems(found) + SignedChain.problems(verdicts)
        let result = verdicts.values.contains(where: \.isWrong) ? .corrupt : found.result
        let status = Self.status(result)
        session.output.statusAtClosedPipe = status.map(\.rawValue) ?? 0
        if session.isJSON {
            session.output.object { writer in
                writer.key("events")
                writer.integer(found.log.events)
                writer.key("segments")
                writer.integer(found.log.segments)
                writer.key("result")
                writer.string(result.rawValue)
                writer.key("problems")
                writer.beginArray()
                for problem in problems { writer.string(problem) }
                writer.endArray()
                if let chains = found.chains { Self.write(chains, verdicts, to: &writer) }
            }
        } else {
            session.output.line(
                "\(Sentences.count(found.log.events, "event")) in \(Sentences.count(found.log.segments, "segment")): \(Self.word(result))"
            )
            for problem in problems { session.output.line("  " + problem) }
            for head in found.chains ?? [] {
                let signed = verdicts[head.dot.device]?.signedThrough.map { "  signed up to \($0)" } ?? ""
                session.output.line("  chain \(head.dot) \(head.hash)\(signed)")
            }
        }
        session.output.flush()
        if let status { throw ExitCode(status.rawValue) }
    }

    /// As the contract has them, each with how far its device's signature was found right.
    private static func write(_ chains: [ChainHead], _ verdicts: [DeviceID: SignedChain], to writer: inout JSONWriter) {
        writer.key("chains")
        writer.beginArray()
        for head in chains {
            writer.beginObject()
            writer.key("device")
            writer.device(head.dot.device)
            writer.members(of: head)
            if let seq = verdicts[head.dot.device]?.signedThrough {
                writer.key("signedThrough")
                writer.integer(seq)
            }
            writer.endObject()
        }
        writer.endArray()
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
        if found.isDigestWrong {
            problems.append("the file digest says something else than the records; the command believes it, so remove the file")
        }
        return problems
            + found.ignoredCheckpoints.map { "\($0): this checkpoint is not used, or not its order; it is a cache, nothing is lost" }
    }
}
