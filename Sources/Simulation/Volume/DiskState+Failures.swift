package import Workload

extension DiskState {
    /// The disk after a power loss: of what was not synced, a random part survives, in any order.
    ///
    /// - Data survives by sector; one surviving write is torn at any byte; a file may be as long as it was and hold zeros where data is missing.
    /// - Names survive one by one or in order, as file systems differ; a rename happens or does not.
    package func afterPowerLoss(_ random: inout SeededRandom) -> DiskState {
        var state = DiskState()
        state.durableNames = survivingNames(&random)
        state.dropOrphans()
        state.names = state.durableNames
        let keptInHundred = [0, 50, 90, 100][random.below(4)]
        // Sorted, since the order of a dictionary differs between processes.
        for node in Set(state.names.values).sorted() {
            guard var kept = nodes[node] else { continue }
            kept.durable = kept.survivingBytes(&random, keptInHundred: keptInHundred)
            kept.visible = kept.durable
            kept.pending = []
            state.nodes[node] = kept
        }
        state.skipNodes(to: nodes.keys.max() ?? 0)
        return state
    }

    /// The disk after `kill -9`: the cache lives on, so all that was written is still seen, and still pending.
    package func afterKill() -> DiskState { self }

    /// What a sync that fails does: some of the pending data reaches the medium, and all of it counts as clean from now on.
    mutating func failSync(of node: Int, _ random: inout SeededRandom) {
        guard var file = nodes[node] else { return }
        file.durable = file.survivingBytes(&random, keptInHundred: 50)
        file.pending = []
        nodes[node] = file
    }

    /// What a sync of a folder that fails does.
    mutating func failFolderSync(_ folder: String, _ random: inout SeededRandom) {
        for change in pendingNames where change.folder == folder && random.chance(1, in: 2) { Self.apply(change, to: &durableNames) }
        pendingNames.removeAll { $0.folder == folder }
    }

    /// Makes a file's pending changes durable. What an earlier failed sync lost is not among them.
    mutating func sync(_ node: Int) {
        guard var file = nodes[node] else { return }
        for change in file.pending { file.durable.apply(change) }
        file.pending = []
        nodes[node] = file
    }

    /// Makes the names in a folder durable.
    mutating func syncFolder(_ folder: String) {
        for change in pendingNames where change.folder == folder { Self.apply(change, to: &durableNames) }
        pendingNames.removeAll { $0.folder == folder }
    }

    /// Lets reads of these pages see the medium where there is nothing pending. The length stays as programs saw it.
    mutating func dropCache(of node: Int, in offsets: Range<Int>) {
        guard var file = nodes[node] else { return }
        var bytes = file.durable
        for change in file.pending { bytes.apply(change) }
        bytes.resize(to: file.visible.count)
        let start = min(offsets.lowerBound / Self.pageBytes * Self.pageBytes, bytes.count)
        let end = min((offsets.upperBound + Self.pageBytes - 1) / Self.pageBytes * Self.pageBytes, bytes.count)
        guard start < end else { return }
        file.visible.replaceSubrange(start..<end, with: bytes[start..<end])
        nodes[node] = file
    }

    private func survivingNames(_ random: inout SeededRandom) -> [String: Int] {
        var survivors = durableNames
        let isOrdered = random.chance(1, in: 2)
        let count = random.below(pendingNames.count + 1)
        for (index, change) in pendingNames.enumerated() where isOrdered ? index < count : random.chance(1, in: 2) {
            Self.apply(change, to: &survivors)
        }
        return survivors
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .set(let path, let node): names[path] = node
        case .remove(let path): names[path] = nil
        case .rename(let from, let to, let node):
            if names[from] == node { names[from] = nil }
            names[to] = node
        }
    }

    /// Removes names whose folder did not survive.
    private mutating func dropOrphans() {
        let paths = Set(durableNames.keys)
        for path in paths {
            var folder = path.parentFolder
            while !folder.isEmpty {
                if !paths.contains(folder) { durableNames[path] = nil }
                folder = folder.parentFolder
            }
        }
    }
}

extension DiskState.Node {
    /// The durable bytes with a random part of the pending changes.
    func survivingBytes(_ random: inout SeededRandom, keptInHundred: Int) -> [UInt8] {
        guard !pending.isEmpty else { return durable }
        var bytes = durable
        var kept: [DiskState.DataChange] = []
        for change in pending {
            for piece in Self.sectors(of: change) where random.chance(keptInHundred, in: 100) { kept.append(piece) }
        }
        // Any of them may be the one that was under way; to tear always the last would let an acknowledged mark never survive whole.
        if keptInHundred < 100, !kept.isEmpty, random.chance(1, in: 2) {
            let torn = random.below(kept.count)
            if case .write(let offset, let data) = kept[torn] {
                kept[torn] = .write(offset: offset, bytes: Array(data.prefix(random.below(data.count + 1))))
            }
        }
        for change in kept { bytes.apply(change) }
        if bytes.count < visible.count && random.chance(1, in: 3) {
            bytes.resize(to: bytes.count + random.below(visible.count - bytes.count) + 1)
        }
        return bytes
    }

    /// A write as the writes of single sectors that the device makes of it.
    private static func sectors(of change: DiskState.DataChange) -> [DiskState.DataChange] {
        guard case .write(let offset, let bytes) = change else { return [change] }
        var pieces: [DiskState.DataChange] = []
        var start = 0
        while start < bytes.count {
            let sectorEnd = ((offset + start) / DiskState.sectorBytes + 1) * DiskState.sectorBytes - offset
            let end = min(bytes.count, sectorEnd)
            pieces.append(.write(offset: offset + start, bytes: Array(bytes[start..<end])))
            start = end
        }
        return pieces
    }
}
