/// A member of an event's JSON form.
public enum EventMember: String, Hashable, Sendable, CaseIterable {
    /// The device that wrote the event.
    case device
    /// Its place among that device's events.
    case seq
    /// Milliseconds since 1970.
    case time
    /// Orders events within one millisecond.
    case tick
    /// Why it was written.
    case kind
    /// The record's collection.
    case collection
    /// The record's id.
    case record
    /// What the writer had seen of the record.
    case context
    /// Fields and their new values.
    case set
    /// Fields to remove.
    case unset
    /// Whether the record is deleted.
    case delete
    /// The event that an undo undoes.
    case undoes
    /// The master lease under which it was written.
    case epoch
    /// The writer's reason.
    case note
    /// Whether connected devices must get it at once.
    case critical

    /// The member that `key` names.
    init?(key: UnsafeBufferPointer<UInt8>) {
        guard key.count <= Self.longestWord else { return nil }
        let packed = Self.packed(key)
        guard let index = Self.packedWords.firstIndex(of: packed) else { return nil }
        self = Self.allCases[index]
    }

    private static let longestWord = 15
    private static let packedWords: [UInt128] = allCases.map { packed($0.rawValue.utf8) }

    /// The bytes as one number, behind a 1 that keeps leading zeros apart.
    private static func packed(_ word: some Sequence<UInt8>) -> UInt128 {
        var packed: UInt128 = 1
        for byte in word { packed = packed << 8 | UInt128(byte) }
        return packed
    }
}
