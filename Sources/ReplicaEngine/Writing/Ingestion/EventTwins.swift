internal import EventCore

/// Offered events whose dots are taken, until they are compared with the events that have them: 24 bytes each.
///
/// What is kept of an event is 128 bits of SipHash under a key that only this process knows: two events that differ are taken for
/// one with a probability of 2^-128, whoever made them.
struct EventTwins {
    struct Digest: Hashable {
        private let high: UInt64
        private let low: UInt64

        init(_ event: Event) {
            var hasher = Hasher()
            hasher.combine(event)
            var other = hasher
            other.combine(true)
            high = UInt64(bitPattern: Int64(hasher.finalize()))
            low = UInt64(bitPattern: Int64(other.finalize()))
        }
    }

    /// A dot with its device as the ingestion numbers it.
    struct Key: Hashable, Comparable {
        private let packed: UInt64

        /// The seq is one that a store folds.
        init(lane: Int, seq: UInt64) {
            precondition(seq <= Limits.foldedSeq)
            packed = UInt64(lane) << 32 | seq
        }

        var lane: Int { Int(packed >> 32) }
        var seq: UInt64 { packed & 0xFFFF_FFFF }

        static func < (left: Self, right: Self) -> Bool { left.packed < right.packed }
    }

    private struct Entry {
        let key: Key
        let digest: Digest
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var keys: some Sequence<Key> { entries.lazy.map(\.key) }

    mutating func add(_ event: Event, _ key: Key) { entries.append(Entry(key: key, digest: Digest(event))) }

    mutating func removeAll() { entries.removeAll() }

    /// Sorts by key and leaves one of each, so that `agrees` can be asked.
    ///
    /// - Returns: a key under which two differ; nil when there is none.
    mutating func settle() -> Key? {
        entries.sort { $0.key < $1.key }
        var kept = 0
        for index in entries.indices {
            let entry = entries[index]
            if kept > 0 && entries[kept - 1].key == entry.key {
                guard entries[kept - 1].digest == entry.digest else { return entry.key }
            } else {
                entries[kept] = entry
                kept += 1
            }
        }
        entries.removeLast(entries.count - kept)
        return nil
    }

    /// Whether the event is the offered one of this key; nil when none was. O(log n).
    func agrees(_ event: Event, _ key: Key) -> Bool? {
        let number = entries.partitionPoint { $0.key < key }
        guard number < entries.count, entries[number].key == key else { return nil }
        return entries[number].digest == Digest(event)
    }
}
