/// Where things lie in a record's cell. A cell is one contiguous piece of the cell region, named by its offset in units of 64 bytes,
/// a cache line.
///
///      0  u32 collection     index in the table's collections
///      4  u32 head device    one head; more are nodes
///      8  u32 head seq
///     12  u32 last position  of the record's newest event, the start of its history
///     16  u32 extra          first node: further heads, tombstones, siblings; 0 when there is none
///     20  u32 slot count
///     24  u32 slot capacity
///     28  u32 clock count
///     32  u32 clock capacity
///     36  u8  key length
///     37  u8  flags
///     38  u16 0
///     40  the record's id, padded to 8 bytes
///     ..  clock: capacity × (u32 device, u32 seq)
///     ..  slots: capacity × 32 bytes
///
/// A slot is the first live entry of a field: u32 seq, u24 device, u8 tag of the value code, u32 field, 20 bytes of payload. A payload
/// that is longer lies in the blob region: u64 offset, u32 length, and the length field of the tag is `ValueCode.longLength`.
enum CellLayout {
    static let unitShift = 6

    static let collection = 0
    static let headDevice = 4
    static let headSeq = 8
    static let lastPosition = 12
    static let extra = 16
    static let slotCount = 20
    static let slotCapacity = 24
    static let clockCount = 28
    static let clockCapacity = 32
    static let keyLength = 36
    static let flags = 37
    static let headerBytes = 40

    /// The record's clock may be more than the join of its heads' contexts and dots.
    static let inexactFlag: UInt8 = 1
    /// The cell is not in use.
    static let freeFlag: UInt8 = 2

    static let clockEntryBytes = 8
    static let slotBytes = 32
    static let slotSeq = 0
    static let slotDevice = 4
    static let slotTag = 7
    static let slotField = 8
    static let slotPayload = 12
    static let inlineBytes = 20
    static let deviceMask: UInt32 = 0xFF_FFFF

    @inline(__always)
    static func clockOffset(keyLength: Int) -> Int { headerBytes + (keyLength + 7) & ~7 }

    @inline(__always)
    static func units(keyLength: Int, clockCapacity: Int, slotCapacity: Int) -> Int {
        (clockOffset(keyLength: keyLength) + clockCapacity * clockEntryBytes + slotCapacity * slotBytes + 63) >> unitShift
    }
}

/// Where things lie in a node: what a record has beyond one head and one entry a field.
///
///      0  u32 next    node, 0 at the end of the list
///      4  u32 kind    1 head, 2 tombstone, 3 entry
///      8  u64 0
///     16  slot        for head and tombstone only its seq and device
enum NodeLayout {
    static let next = 0
    static let kind = 4
    static let slot = 16
    static let bytes = 48

    static let head: UInt32 = 1
    static let tombstone: UInt32 = 2
    static let entry: UInt32 = 3
}
