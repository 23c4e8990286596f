/// A record's memory in the table: one contiguous piece of the cell region, named by its offset in units of 16 bytes.
///
///      0  u24 head device    one head; more are nodes
///      3  u8  flags          bit 0 inexact, bit 1 free, bits 2–7 slot capacity
///      4  u32 head seq       of a free cell: its units
///      8  u32 last position  of the record's newest event, the start of its history
///     12  u32 extra          first node: further heads, tombstones, siblings; 0 when there is none. Of a free cell: the next one
///     16  u64 layout         bit p: there is a slot for place p of the collection's schema
///     24  u24 collection     index in the table's collections
///     27  u8  key length
///     28  u24 clock count
///     31  u8  clock capacity, coded
///     32  the record's id, padded to 8 bytes
///     ..  clock: capacity × (u32 device, u32 seq), ascending by device
///     ..  slots: capacity × 28 bytes, ascending by place
struct Cell: BitwiseCopyable {
    static let unitShift = 4
    static let headerBytes = 32
    static let clockEntryBytes = 8
    /// A collection's fields beyond so many have no place in its schema; their entries are nodes.
    static let placeLimit = 63

    private static let inexactFlag: UInt32 = 1 << 24
    private static let freeFlag: UInt32 = 1 << 25
    private static let slotCapacityShift: UInt32 = 26
    private static let low: UInt32 = 0xFF_FFFF

    let base: UnsafeMutableRawPointer

    @inline(__always)
    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    // MARK: - Header

    @inline(__always)
    private func word(_ offset: Int) -> UInt32 { base.load(fromByteOffset: offset, as: UInt32.self) }

    @inline(__always)
    private func set(_ offset: Int, _ word: UInt32) { base.storeBytes(of: word, toByteOffset: offset, as: UInt32.self) }

    @inline(__always)
    var headDevice: UInt32 {
        get { word(0) & Self.low }
        nonmutating set { set(0, word(0) & ~Self.low | newValue) }
    }

    @inline(__always)
    var headSeq: UInt32 {
        get { word(4) }
        nonmutating set { set(4, newValue) }
    }

    /// The record's clock may be more than the join of its heads' contexts and dots.
    @inline(__always)
    var isInexact: Bool {
        get { word(0) & Self.inexactFlag != 0 }
        nonmutating set { set(0, newValue ? word(0) | Self.inexactFlag : word(0) & ~Self.inexactFlag) }
    }

    /// Whether this dot is the head in the cell, and the clock is the join of the heads' contexts and dots.
    @inline(__always)
    func isExactHead(_ device: UInt32, _ seq: UInt32) -> Bool {
        word(0) & (Self.low | Self.inexactFlag) == device && headSeq == seq
    }

    @inline(__always)
    var lastPosition: UInt32 {
        get { word(8) }
        nonmutating set { set(8, newValue) }
    }

    @inline(__always)
    var extra: UInt32 {
        get { word(12) }
        nonmutating set { set(12, newValue) }
    }

    @inline(__always)
    var layout: UInt64 {
        get { base.load(fromByteOffset: 16, as: UInt64.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: UInt64.self) }
    }

    @inline(__always)
    var collection: UInt32 { word(24) & Self.low }

    @inline(__always)
    var keyLength: Int { Int(word(24) >> 24) }

    @inline(__always)
    var clockCount: Int {
        get { Int(word(28) & Self.low) }
        nonmutating set { set(28, word(28) & ~Self.low | UInt32(truncatingIfNeeded: newValue)) }
    }

    @inline(__always)
    var clockCapacityCode: UInt32 { word(28) >> 24 }

    @inline(__always)
    var slotCapacity: Int { Int(word(0) >> Self.slotCapacityShift) }

    // MARK: - Parts

    @inline(__always)
    var key: UnsafeMutableRawPointer { base + Self.headerBytes }

    @inline(__always)
    var clock: UnsafeMutableRawPointer { key + (keyLength &+ 7) & ~7 }

    @inline(__always)
    var slots: UnsafeMutableRawPointer { clock + Self.clockCapacity(clockCapacityCode) &* Self.clockEntryBytes }

    /// Which slot a place has among those of a layout. Mostly the first fields of a collection have one each; then nothing is counted.
    @inline(__always)
    static func slotIndex(_ layout: UInt64, _ field: ShapeField) -> Int {
        layout & (layout &+ 1) == 0
            ? Int(truncatingIfNeeded: field.number) : (layout & (field.place &- 1)).nonzeroBitCount
    }

    /// The slot of a place that the layout has.
    @inline(__always)
    func slot(at place: UInt64) -> Slot { Slot(slots + (layout & (place &- 1)).nonzeroBitCount &* Slot.bytes) }

    @inline(__always)
    func clockDevice(_ entry: Int) -> UInt32 { clock.load(fromByteOffset: entry &* Self.clockEntryBytes, as: UInt32.self) }

    @inline(__always)
    func clockSeq(_ entry: Int) -> UInt32 { clock.load(fromByteOffset: entry &* Self.clockEntryBytes &+ 4, as: UInt32.self) }

    /// The first clock entry whose device is not below this one. Of few entries all are looked at, since where it lies cannot be foretold.
    @inline(__always)
    func clockIndex(_ device: UInt32) -> Int {
        let (count, clock) = (clockCount, clock)
        var low = 0
        if count <= 8 {
            for entry in 0..<count {
                low &+= clock.load(fromByteOffset: entry &* Self.clockEntryBytes, as: UInt32.self) < device ? 1 : 0
            }
            return low
        }
        var high = count
        while low < high {
            let middle = (low &+ high) >> 1
            let isBelow = clock.load(fromByteOffset: middle &* Self.clockEntryBytes, as: UInt32.self) < device
            low = isBelow ? middle &+ 1 : low
            high = isBelow ? high : middle
        }
        return low
    }

    /// The seq up to which the record's clock covers the device; 0 for none.
    func clockSeq(of device: UInt32) -> UInt32 {
        let entry = clockIndex(device)
        return entry < clockCount && clockDevice(entry) == device ? clockSeq(entry) : 0
    }

    // MARK: - Sizes

    @inline(__always)
    static func units(keyLength: Int, clockCapacityCode: UInt32, slotCapacity: Int) -> Int {
        let bytes =
            headerBytes &+ (keyLength &+ 7) & ~7 &+ clockCapacity(clockCapacityCode) &* clockEntryBytes &+ slotCapacity &* Slot.bytes
        return (bytes &+ 15) >> unitShift
    }

    var units: Int { Self.units(keyLength: keyLength, clockCapacityCode: clockCapacityCode, slotCapacity: slotCapacity) }

    /// Codes below 8 stand for themselves, further ones for 8, 10, 12, 14, 16, 20, 24, 28, 32, 40 …
    @inline(__always)
    static func clockCapacity(_ code: UInt32) -> Int {
        code < 8 ? Int(code) : (4 &+ Int(code & 3)) << Int((code >> 2) &- 1)
    }

    static func clockCapacityCode(atLeast count: Int) -> UInt32 {
        var code: UInt32 = 0
        while clockCapacity(code) < count { code += 1 }
        return code
    }

    // MARK: - Life

    /// Zeroes the cell but for its key, collection and capacities.
    @inline(__always)
    func begin(key: UnsafeRawPointer, keyLength: Int, collection: UInt32, clockCapacityCode: UInt32, slotCapacity: Int, units: Int) {
        base.initializeMemory(as: UInt8.self, repeating: 0, count: units << Self.unitShift)
        set(0, UInt32(truncatingIfNeeded: slotCapacity) << Self.slotCapacityShift)
        set(24, collection | UInt32(truncatingIfNeeded: keyLength) << 24)
        set(28, clockCapacityCode << 24)
        self.key.copyMemory(from: key, byteCount: keyLength)
    }

    /// Takes over the header of a cell of the same record, but not its capacities.
    func continueHeader(of other: Cell) {
        set(0, word(0) & ~(Self.low | Self.inexactFlag) | other.word(0) & (Self.low | Self.inexactFlag))
        headSeq = other.headSeq
        lastPosition = other.lastPosition
        extra = other.extra
        clockCount = other.clockCount
    }

    /// Makes the memory a free cell.
    func free(units: Int, next: UInt32) {
        set(0, Self.freeFlag)
        set(4, UInt32(units))
        set(12, next)
    }

    /// Makes the cell no record's, for those who still hold its number.
    func forgetKey() { set(24, 0) }

    var isFree: Bool { word(0) & Self.freeFlag != 0 }

    /// Of a free cell.
    var freeUnits: Int { Int(word(4)) }
}

/// The first live entry of a field: u32 seq, 0 when there is none; u24 device, u8 tag of the value code, 20 bytes of payload.
///
/// A payload that is longer lies in the blob region: u64 offset, u32 length, and the length field of the tag is `ValueCode.longLength`.
struct Slot: BitwiseCopyable {
    static let bytes = 28
    static let payloadOffset = 8
    static let inlineBytes = 20

    let base: UnsafeMutableRawPointer

    @inline(__always)
    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    @inline(__always)
    var seq: UInt32 { base.load(as: UInt32.self) }

    @inline(__always)
    var device: UInt32 { base.load(fromByteOffset: 4, as: UInt32.self) & 0xFF_FFFF }

    @inline(__always)
    var tag: UInt8 { base.load(fromByteOffset: 7, as: UInt8.self) }

    var isAbsent: Bool { seq == 0 }

    @inline(__always)
    var isBlob: Bool { tag & 31 == ValueCode.longLength }

    var blobOffset: Int { Int(base.loadUnaligned(fromByteOffset: Self.payloadOffset, as: UInt64.self)) }

    var blobLength: Int { Int(base.load(fromByteOffset: Self.payloadOffset + 8, as: UInt32.self)) }

    var payload: UnsafeMutableRawPointer { base + Self.payloadOffset }

    @inline(__always)
    func setDot(_ device: UInt32, _ seq: UInt32, tag: UInt8) {
        base.storeBytes(of: seq, as: UInt32.self)
        base.storeBytes(of: device | UInt32(tag) << 24, toByteOffset: 4, as: UInt32.self)
    }

    func setBlob(offset: Int, length: Int) {
        base.storeBytes(of: UInt64(offset), toByteOffset: Self.payloadOffset, as: UInt64.self)
        base.storeBytes(of: UInt32(length), toByteOffset: Self.payloadOffset + 8, as: UInt32.self)
    }

    func copy(_ other: Slot) { base.copyMemory(from: other.base, byteCount: Self.bytes) }

    func clear() { base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes) }
}

/// What a record has beyond one head and one entry a field.
///
///      0  u32 next    node, 0 at the end of the list
///      4  u32 kind    0 when it is nobody's
///      8  u32 field   of an entry
///     12  u32 cell    of the record
///     16  slot        for head and tombstone only its seq and device
struct Node: BitwiseCopyable {
    enum Kind: UInt32 {
        case head = 1
        case tombstone = 2
        case entry = 3
    }

    static let bytes = 48

    let base: UnsafeMutableRawPointer

    @inline(__always)
    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    var next: UInt32 {
        get { base.load(as: UInt32.self) }
        nonmutating set { base.storeBytes(of: newValue, as: UInt32.self) }
    }

    var slot: Slot { Slot(base + 16) }

    var field: UInt32 { base.load(fromByteOffset: 8, as: UInt32.self) }

    /// The cell of the record that it belongs to.
    var cell: UInt32 {
        get { base.load(fromByteOffset: 12, as: UInt32.self) }
        nonmutating set { base.storeBytes(of: newValue, toByteOffset: 12, as: UInt32.self) }
    }

    /// Whether it is no record's.
    var isFree: Bool { base.load(fromByteOffset: 4, as: UInt32.self) == 0 }

    func begin(_ kind: Kind, of cell: UInt32, next: UInt32, field: UInt32) {
        self.next = next
        base.storeBytes(of: kind.rawValue, toByteOffset: 4, as: UInt32.self)
        base.storeBytes(of: field, toByteOffset: 8, as: UInt32.self)
        self.cell = cell
    }

    /// Makes it nobody's.
    func free(next: UInt32) {
        self.next = next
        base.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
    }

    func isOf(_ kind: Kind) -> Bool { base.load(fromByteOffset: 4, as: UInt32.self) == kind.rawValue }
}
