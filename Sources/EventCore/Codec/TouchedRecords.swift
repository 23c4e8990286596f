/// The records that events of a commit under way have changed, with the seq of the newest of these events: the only head that they have by then.
struct TouchedRecords: ~Copyable {
    private struct Entry: BitwiseCopyable {
        let hash: UInt64
        /// 0 for a record that the table does not have; then the key tells.
        let cell: UInt32
        let collection: UInt32
        /// Where the key lies in `keys`.
        let key: Int
        let keyLength: Int
        var seq: UInt64
    }

    private var entries: [Entry] = []
    /// Open addressing: an entry's number + 1, 0 for an empty slot. At most half full.
    private var slots = [UInt32](repeating: 0, count: 64)
    private var keys: [UInt8] = []

    /// Notes that event `seq` is the record's newest; returns the seq noted before, nil at the record's first event here.
    @inline(__always)
    mutating func replaceSeq(
        of cell: UInt32, _ key: UnsafeRawBufferPointer, hash: UInt64, collection: UInt32, by seq: UInt64
    ) -> UInt64? {
        var at = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[at] != 0 {
            let number = Int(slots[at]) - 1
            let entry = entries[number]
            if entry.hash == hash && entry.cell == cell && (cell != 0 || isKey(of: entry, key, collection)) {
                entries[number].seq = seq
                return entry.seq
            }
            at = (at + 1) & (slots.count - 1)
        }
        entries.append(Entry(hash: hash, cell: cell, collection: collection, key: keys.count, keyLength: key.count, seq: seq))
        if cell == 0 { keys.append(contentsOf: key) }
        slots[at] = UInt32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return nil
    }

    private func isKey(of entry: Entry, _ key: UnsafeRawBufferPointer, _ collection: UInt32) -> Bool {
        entry.collection == collection && entry.keyLength == key.count
            && keys[entry.key..<(entry.key + entry.keyLength)].elementsEqual(key)
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 4)
        for (number, entry) in entries.enumerated() {
            var at = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[at] != 0 { at = (at + 1) & (slots.count - 1) }
            slots[at] = UInt32(number + 1)
        }
    }
}
