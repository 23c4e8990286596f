internal import Crypto
package import EventCore
package import LogStore

/// What a block's hash chains have to be, for who keeps them.
package struct ChainExpectations {
    /// The chain up to a device's last event here.
    let head: (DeviceID) -> ChainHead
    /// Hashes at multiples of this are handed over, besides those of each device's last event.
    let stride: UInt64
    /// Hashes that somebody claims. A device that any are claimed of has one at its last event of each block.
    let claims: [Dot: Hash256]

    package init(head: @escaping (DeviceID) -> ChainHead, stride: UInt64, claims: [Dot: Hash256]) {
        self.head = head
        self.stride = stride
        self.claims = claims
    }
}

/// Takes packed blocks from elsewhere into a store as they are: checked and folded, and no event made of them.
///
/// What it does not take may still be good: its events have to be offered to an `Ingestion` then, with their whole contexts.
/// Nothing is written before `append`, and nothing durable before the store's `sync`.
package final class BlockIntake<Storage: Volume> {
    /// A block that the store has folded.
    package struct Taken {
        /// Where its first event stands.
        package let first: Position
        package let dots: [Dot]
        /// Its events' devices, each with its first and last seq.
        package let ranges: [DeviceRange]
        /// Of its events those whose records have siblings now, by their number in the block: only these can be in conflict.
        package let withSiblings: [(number: Int, key: RecordKey)]
    }

    private let replica: Replica<Storage>
    private var foreign: ForeignBlocks
    private var blocks: [LogBlock] = []

    /// - Parameter events: between half as many and as many of the last events are remembered; what a block wants to know of others is read in the log.
    package init(_ replica: Replica<Storage>, remembering events: Int = 8 << 20) {
        self.replica = replica
        foreign = ForeignBlocks(rememberedEvents: events)
    }

    /// Checks and folds a block.
    ///
    /// - Parameters:
    ///   - block: with `RecordTable.slackBytes` readable bytes behind its end.
    ///   - isGranted: whether a device has held a lease of this epoch; asked for each that is another one than that before it.
    /// - Returns: nil, with nothing done, where its events have to be looked at one by one; else the block, and the chains at its events, ascending for each device.
    /// - Throws: `.log` when the checkpoint or the log cannot be read; `.malformedBlock`.
    package func take(
        _ block: UnsafeRawBufferPointer, _ chaining: ChainExpectations? = nil,
        isGranted: (_ epoch: UInt64, _ device: DeviceID) -> Bool = { _, _ in true }
    ) throws(ReplicaError) -> (block: Taken, links: [ChainHead])? {
        guard let header = try? BlockHeader(checking: block), replica.waiting.events.isEmpty else { return nil }
        try replica.checkTable()
        guard let heads = foreign.open(header, block, for: &replica.table) else { return nil }
        let seqs = try replica.seqs(before: heads, inLogBefore: replica.log.end)
        var (dots, times) = ([Dot](), [HybridTime]())
        dots.reserveCapacity(Int(header.count))
        var chains = chaining.map { BlockChains($0) }
        var (lease, areGranted) = ((device: -1, epoch: UInt64(0)), true)
        let isFit = foreign.check(heads, seqs, for: &replica.table) { event, devices in
            dots.append(Dot(device: devices[event.device], seq: event.seq))
            times.append(event.time)
            chains?.follow(event, of: devices)
            guard event.epoch != 0, lease != (event.device, event.epoch) else { return }
            lease = (event.device, event.epoch)
            areGranted = areGranted && isGranted(event.epoch, devices[event.device])
        }
        guard isFit, areGranted else { return nil }
        let ranges = foreign.authors(in: replica.table)
        var links: [ChainHead] = []
        if chains != nil {
            guard let found = chains?.finish() else { return nil }
            links = found
        }
        let first = replica.end
        try Replica<Storage>.naming(first) { () throws(BlockError) in try replica.table.fold(header, block) }
        foreign.folded(by: replica.table)
        replica.noteTimes(times)
        blocks.append(LogBlock(bytes: Array(block[..<header.blockBytes]), ranges: ranges))
        let taken = Taken(
            first: first, dots: dots, ranges: ranges, withSiblings: foreign.rowsWithSiblings(in: replica.table))
        return (taken, links)
    }

    /// Writes what was taken, as one commit.
    ///
    /// - Throws: `.log`, after which only opening the store anew helps.
    package func append() throws(ReplicaError) {
        guard !blocks.isEmpty else { return }
        do throws(LogError) { try replica.log.append(blocks) } catch { throw .log(error) }
        blocks = []
    }
}

extension Replica {
    /// Makes everything durable that was written.
    ///
    /// - Throws: `.log`, after which only opening anew helps.
    package func sync() throws(ReplicaError) {
        do throws(LogError) { try log.sync() } catch { throw .log(error) }
    }
}

/// The hash chains of a block's devices, followed while the block is looked at.
private struct BlockChains {
    private struct Chain {
        let device: DeviceID
        var hash: Hash256
        var seq: UInt64
        /// The last seq whose hash was claimed, and is the one that was claimed.
        var claimed: UInt64 = 0
        var isHandedOver = false
    }

    private let chaining: ChainExpectations
    private let claimants: Set<DeviceID>
    /// By the device's number in the table.
    private var places: [Int] = []
    private var chains: [Chain] = []
    private var links: [ChainHead] = []
    private var areAsClaimed = true

    init(_ chaining: ChainExpectations) {
        self.chaining = chaining
        claimants = Set(chaining.claims.keys.map(\.device))
    }

    /// Follows an event, which is the next of its device.
    mutating func follow(_ event: ForeignBlocks.Event, of devices: [DeviceID]) {
        while places.count <= event.device { places.append(-1) }
        if places[event.device] < 0 {
            places[event.device] = chains.count
            let head = chaining.head(devices[event.device])
            chains.append(Chain(device: head.dot.device, hash: head.hash, seq: head.dot.seq))
        }
        let place = places[event.device]
        let hash = chains[place].hash.followed(by: chains[place].device, event.text)
        chains[place].hash = hash
        chains[place].seq = event.seq
        let isStride = event.seq % chaining.stride == 0
        if isStride { links.append(ChainHead(dot: Dot(device: chains[place].device, seq: event.seq), hash: hash)) }
        chains[place].isHandedOver = isStride
        guard !claimants.isEmpty, let claim = chaining.claims[Dot(device: chains[place].device, seq: event.seq)] else { return }
        chains[place].claimed = event.seq
        if claim != hash { areAsClaimed = false }
    }

    /// The hashes to be handed over; nil where they are not those that were claimed.
    mutating func finish() -> [ChainHead]? {
        for chain in chains {
            guard !claimants.contains(chain.device) || chain.claimed == chain.seq else { return nil }
            if !chain.isHandedOver { links.append(ChainHead(dot: Dot(device: chain.device, seq: chain.seq), hash: chain.hash)) }
        }
        return areAsClaimed ? links : nil
    }
}

extension Hash256 {
    /// The chain's hash one event on; what the link begins with is written before the event's canonical form.
    fileprivate func followed(by device: DeviceID, _ text: UnsafeMutableRawBufferPointer) -> Hash256 {
        guard let base = text.baseAddress else { return self }
        let start = base - ChainHead.linkPrefixBytes
        ChainHead.writeLinkPrefix(device, self, to: start)
        var hash = SHA256()
        hash.update(bufferPointer: UnsafeRawBufferPointer(start: start, count: ChainHead.linkPrefixBytes + text.count))
        return hash.finalize().withUnsafeBytes { Hash256(raw: $0) }
    }
}
