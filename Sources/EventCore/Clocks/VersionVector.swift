/// Device → highest seq seen; a device that is absent counts as 0.
///
/// Entries are kept sorted by device and every seq is at least 1, so equal vectors have equal representations.
public struct VersionVector: Hashable, Sendable {
    /// The entries, sorted by device.
    public private(set) var entries: [Dot]

    /// The vector that covers nothing.
    public init() { entries = [] }

    /// The vector of `entries` in any order; of two entries of one device the higher one counts, a seq of 0 is left out.
    public init(_ entries: some Sequence<Dot>) {
        self.entries = []
        for dot in entries { advance(to: dot) }
    }

    /// Takes entries that are known to be sorted by device, one each, all at least 1.
    package init(sorted entries: [Dot]) {
        for index in entries.indices.dropLast() { precondition(entries[index].device < entries[index + 1].device) }
        self.entries = entries
    }

    /// Whether nothing is covered.
    public var isEmpty: Bool { entries.isEmpty }

    /// The highest seq of `device` seen, 0 if none.
    public subscript(device: DeviceID) -> UInt64 {
        let index = firstIndex(notBefore: device)
        return index < entries.count && entries[index].device == device ? entries[index].seq : 0
    }

    /// Whether the event `dot` had been seen.
    public func covers(_ dot: Dot) -> Bool { self[dot.device] >= dot.seq }

    /// Whether everything seen here had been seen there.
    public func isCovered(by other: Self) -> Bool {
        var index = 0
        for entry in entries {
            while index < other.entries.count && other.entries[index].device < entry.device { index += 1 }
            guard index < other.entries.count && other.entries[index].device == entry.device else { return false }
            guard other.entries[index].seq >= entry.seq else { return false }
        }
        return true
    }

    /// One of the four answers. Loops over both sides' entries: a device known to one side only is what decides.
    public func order(to other: Self) -> CausalOrder {
        switch (isCovered(by: other), other.isCovered(by: self)) {
        case (true, true): .equal
        case (true, false): .before
        case (false, true): .after
        case (false, false): .concurrent
        }
    }

    /// Makes the vector cover `dot`.
    public mutating func advance(to dot: Dot) {
        guard dot.seq > 0 else { return }
        let index = firstIndex(notBefore: dot.device)
        if index < entries.count && entries[index].device == dot.device {
            if entries[index].seq < dot.seq { entries[index] = dot }
        } else {
            entries.insert(dot, at: index)
        }
    }

    /// Whether this is `other` advanced to `dot`, which `other` does not cover; nothing is made for it.
    package func isEqual(to other: Self, advancedTo dot: Dot) -> Bool {
        var next = 0
        var hasDot = false
        for entry in entries {
            let isNext = next < other.entries.count && other.entries[next].device == entry.device
            if entry.device == dot.device {
                guard entry.seq == dot.seq else { return false }
                hasDot = true
            } else {
                guard isNext && other.entries[next].seq == entry.seq else { return false }
            }
            if isNext { next += 1 }
        }
        return hasDot && next == other.entries.count
    }

    /// Makes the vector cover all that `other` covers: the pointwise maximum.
    public mutating func join(_ other: Self) {
        for entry in other.entries { advance(to: entry) }
    }

    /// The least vector that covers both.
    public func joined(with other: Self) -> Self {
        var result = self
        result.join(other)
        return result
    }

    /// What both had seen: the pointwise minimum.
    public func met(with other: Self) -> Self {
        VersionVector(
            sorted: entries.compactMap { entry in
                let seq = min(entry.seq, other[entry.device])
                return seq > 0 ? Dot(device: entry.device, seq: seq) : nil
            })
    }

    private func firstIndex(notBefore device: DeviceID) -> Int { entries.partitionPoint { $0.device < device } }
}
