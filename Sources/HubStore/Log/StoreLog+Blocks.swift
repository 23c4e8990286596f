package import EventCore
internal import LogStore
package import ReplicaEngine
package import SyncCore

/// Packed blocks, taken in and handed out as they lie in a log.
extension StoreLog {
    /// Takes in blocks up to the first one whose events have to be looked at one by one.
    func admit(_ body: BlocksBody, under rules: AdmissionRules) throws(HubLogError) -> Admission {
        counters.pushes += 1
        guard rules.refused.isEmpty else { return Admission() }
        let claims = Dictionary(rules.claims.map { ($0.dot, $0.hash) }, uniquingKeysWith: { first, _ in first })
        let expectations = ChainExpectations(
            head: { [unowned self] device in chains[device]?.head ?? ChainHead(emptyChainOf: device) }, stride: ChainMarks.stride,
            claims: claims)
        var taken: [BlockIntake<Storage>.Taken] = []
        try reading { () throws(ReplicaError) in
            for number in 0..<body.blockCount {
                let found = try body.withBlock(number) { (bytes) throws(ReplicaError) in
                    // Policies may want a lease: they are looked at one by one.
                    BlockHeader.names(.policies, in: bytes) ? nil : try intake.take(bytes, expectations, isGranted: rules.isGranted)
                }
                guard let (block, links) = found else { break }
                for link in links { follow(link) }
                for dot in block.dots { order.add(dot) }
                taken.append(block)
            }
            try intake.append()
        }
        // The newest events are not at hand any more.
        if !taken.isEmpty { recent = RecentEvents() }
        return try admission(of: taken)
    }

    private func admission(of blocks: [BlockIntake<Storage>.Taken]) throws(HubLogError) -> Admission {
        var admission = Admission(isChanged: !blocks.isEmpty)
        var accepted: [DeviceID: ClosedRange<UInt64>] = [:]
        var known: [RecordKey: Bool] = [:]
        for block in blocks {
            var next = 0
            for (number, key) in block.withSiblings where try isInConflict(key, &known) {
                if number > next { admission.runs.append(.accepted(block.position(of: next)), count: number - next) }
                admission.runs.append(.concurrent(block.position(of: number)))
                next = number + 1
            }
            if block.dots.count > next { admission.runs.append(.accepted(block.position(of: next)), count: block.dots.count - next) }
            for range in block.ranges { accepted[range.device] = (accepted[range.device]?.lowerBound ?? range.first)...range.last }
            counters.accepted += UInt64(block.dots.count)
        }
        admission.accepted = accepted.sorted { $0.key < $1.key }.map { DeviceRun(device: $0.key, seqs: $0.value) }
        return admission
    }

    /// The blocks of a page, as many of them as one answer carries; none where its first event does not begin one that is packed.
    package func blocks(_ positions: Range<Position>) throws(HubLogError) -> PackedRun {
        try reading { () throws(ReplicaError) in
            try store.packedBlocks(from: positions.lowerBound, upTo: positions.upperBound, limitBytes: LogLimits.pageBytes)
        }
    }
}

extension BlockIntake.Taken {
    fileprivate func position(of number: Int) -> Position { Position(first.index + UInt64(number)) }
}
