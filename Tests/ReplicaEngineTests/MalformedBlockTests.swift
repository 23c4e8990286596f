import EventCore
import LogStore
import ReplicaEngine
import Simulation
import Testing

/// Blocks that say what no store writes, although their checksums are right: whoever needs such a block names it, and everything else goes on.
struct MalformedBlockTests {
    private static let sample = Result { try SampleStore() }

    private struct Placed {
        let first: Position
        let header: BlockHeader
        let bytes: [UInt8]
        let path: String
        let offset: Int
    }

    /// The blocks of a store's log, and where they lie.
    private static func blocks(of state: DiskState) throws -> [Placed] {
        let volume = FaultyVolume(state)
        let log = try EventLog.open(in: SampleStore.folder, on: volume, access: .reading)
        let cursor = try log.blocks(from: Position(0))
        let files = state.files.filter { $0.key.contains("/log/") }
        var blocks: [Placed] = []
        while let block = try cursor.next() {
            let bytes = Array(block.bytes.prefix(block.header.blockBytes))
            for (path, text) in files {
                guard let range = text.firstRange(of: bytes) else { continue }
                blocks.append(Placed(first: block.first, header: block.header, bytes: bytes, path: path, offset: range.lowerBound))
            }
        }
        return blocks
    }

    /// The store with another payload, or another number of events, in a block.
    private static func damaged(_ state: DiskState, _ block: Placed, from start: Double, countedAs count: UInt32? = nil) -> DiskState {
        var (bytes, state) = (block.bytes, state)
        for offset in (BlockHeader.sizeBytes + Int(Double(bytes.count - BlockHeader.sizeBytes) * start))..<bytes.count {
            bytes[offset] = 0xFF
        }
        BlockHeader.seal(&bytes, kind: block.header.kind, encoding: block.header.encoding, count: count ?? block.header.count)
        state.edit(block.path) { $0.replaceSubrange(block.offset..<(block.offset + bytes.count), with: bytes) }
        return state
    }

    private static func isNamed(_ error: any Error, _ block: Placed, end: Position) -> Bool {
        switch error as? ReplicaError {
        case .malformedBlock(let position)?:
            position >= block.first && position.index < block.first.index + UInt64(block.header.count) || position == end
        case .log(.corrupt)?, .log(.invalidBlock)?: true
        default: false
        }
    }

    @Test(arguments: Question.reading) func `a question names the block that nobody can read, or is answered without it`(question: Question)
        throws
    {
        let sample = try Self.sample.get()
        let expected = try question.ask(try SampleStore.open(FaultyVolume(sample.state), .reading), sample)
        let sealed = try Self.blocks(of: sample.state).filter { $0.header.encoding == .packed }
        #expect(sealed.count >= 3)
        for block in sealed {
            let replica = try SampleStore.open(FaultyVolume(Self.damaged(sample.state, block, from: 0)), .reading)
            do { #expect(try question.ask(replica, sample) == expected, "block at \(block.first)") } catch {
                #expect(Self.isNamed(error, block, end: replica.end), "block at \(block.first): \(error)")
            }
        }
    }

    @Test(arguments: Question.reading) func `a block that is right in its beginning, or has other numbers of events, traps nobody`(
        question: Question
    ) throws {
        let sample = try Self.sample.get()
        for block in try Self.blocks(of: sample.state) where block.header.encoding == .packed {
            let states =
                [0.3, 0.7, 0.9].map { Self.damaged(sample.state, block, from: $0) }
                + [1, block.header.count - 1, block.header.count + 1].map { Self.damaged(sample.state, block, from: 1, countedAs: $0) }
            for state in states {
                // It may be seen at once.
                guard let replica = try? SampleStore.open(FaultyVolume(state), .reading) else { continue }
                do { _ = try question.ask(replica, sample) } catch { #expect(error is ReplicaError, "block at \(block.first): \(error)") }
            }
        }
    }

    @Test(arguments: Question.opening.map(\.name)) func `a store that is opened by folding such a block names it`(name: String) throws {
        let ask = try #require(Question.opening.first { $0.name == name }).ask
        let sample = try Self.sample.get()
        let expected = try ask(FaultyVolume(sample.state))
        var named = 0
        for block in try Self.blocks(of: sample.state) {
            let volume = FaultyVolume(Self.damaged(sample.state, block, from: 0))
            do {
                let answer = try ask(volume)
                // Who only looks on answers with what it found.
                if ["verify", "inspect"].contains(name) && answer != expected {
                    named += 1
                } else {
                    #expect(answer == expected, "block at \(block.first)")
                }
            } catch {
                named += 1
                #expect(Self.isNamed(error, block, end: block.first), "block at \(block.first): \(error)")
            }
        }
        #expect(named > 0)
    }
}
