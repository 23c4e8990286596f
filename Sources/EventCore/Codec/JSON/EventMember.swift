/// A member of an event's JSON form.
public enum EventMember: UInt8, Hashable, Sendable, CaseIterable {
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

    /// The member's key in the JSON form.
    public var word: String {
        switch self {
        case .device: "device"
        case .seq: "seq"
        case .time: "time"
        case .tick: "tick"
        case .kind: "kind"
        case .collection: "collection"
        case .record: "record"
        case .context: "context"
        case .set: "set"
        case .unset: "unset"
        case .delete: "delete"
        case .undoes: "undoes"
        case .epoch: "epoch"
        case .note: "note"
        case .critical: "critical"
        }
    }

    /// The member that `key` names.
    init?(key: UnsafeBufferPointer<UInt8>) {
        guard key.count <= Self.longestWordBytes, let index = Self.packedWords.firstIndex(of: Self.packed(key)) else { return nil }
        self = Self.allCases[index]
    }

    private static let longestWordBytes = 15
    private static let packedWords = allCases.map { packed($0.word.utf8) }

    /// The bytes as one number, behind a 1 that keeps leading zeros apart.
    private static func packed(_ word: some Sequence<UInt8>) -> UInt128 {
        var packed: UInt128 = 1
        for byte in word { packed = packed << 8 | UInt128(byte) }
        return packed
    }
}
