/// Memory that is used over and over: no allocation per block once it has grown.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity = 64

    init() { base = .allocate(capacity: 64) }

    deinit { base.deallocate() }

    /// Room for `count` elements; keeps the first `kept`.
    mutating func reserve(_ count: Int, keeping kept: Int = 0) {
        guard count > capacity else { return }
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: count * 2)
        larger.initialize(from: base, count: kept)
        base.deallocate()
        base = larger
        capacity = count * 2
    }
}

/// A record of a decoded block.
struct DecodedKey: BitwiseCopyable {
    var bytes: UnsafeRawPointer
    var hash: UInt64
    var collection: UInt32
    var length: UInt32
    /// 0 until it has been looked up.
    var cell: UInt32 = 0
    /// The record's newest event in the block so far; seq 0 for none.
    var newest = DotPair(device: 0, seq: 0)
}

/// An event of a decoded block.
struct DecodedRow: BitwiseCopyable {
    /// Its place among the block's keys.
    var key: UInt32
    /// Which one of the block's events it is.
    var number: UInt32
    var device: UInt32
    var seq: UInt32
    /// Of a context of one head: that dot. Of one of several dots: the first of the block's pairs, and how many.
    var head: DotPair
    /// The first of its values.
    var value: UInt32
    var shape: UInt32
    /// As `BlockBuilder.RowFlags` has it.
    var form: UInt8
}

/// A device and a seq, both as the table counts them.
struct DotPair: BitwiseCopyable {
    var device: UInt32
    var seq: UInt32
}

/// The fields that an event writes; none for a delete.
struct DecodedShape: BitwiseCopyable {
    var first: UInt32
    var count: UInt32
    var collection: UInt32
    /// Places in the collection's schema, as the layout of a cell has them.
    var places: UInt64 = 0
    /// Whether a field has no place.
    var hasOverflow = false
}

/// A field that an event writes.
struct ShapeField: BitwiseCopyable {
    var field: UInt32
    /// The place's number; until it is known, the field's number in the block.
    var number: UInt32
    /// One bit, as in the layout of a cell; 0 when it has none.
    var place: UInt64 = 0
}

/// A device of a decoded block.
struct DecodedDevice: BitwiseCopyable {
    /// Its number in the table.
    var number: UInt32
    var running: UInt32
    /// Seqs of its events in the block; 0 while there is none.
    var firstSeq: UInt32 = 0
    /// Whether its events go on without a gap.
    var isGapless = true
}

/// A block's events as the fold wants them: numbers of the table, and pointers into the block or what it was expanded to.
///
/// Both encodings end up here. Its memory is used again for the next block.
struct DecodedBlock: ~Copyable {
    /// Keys and rows by lane: those of the second one begin at `keyLimit` and `rowLimit`.
    var keys = Scratch<DecodedKey>()
    var rows = Scratch<DecodedRow>()
    /// Where each of the block's keys, as they are numbered there, is among `keys`.
    var keyPlaces = Scratch<UInt32>()
    var shapes = Scratch<DecodedShape>()
    var shapeFields = Scratch<ShapeField>()
    /// Where each written value begins, as bytes from `valueBase`.
    var values = Scratch<UInt32>()
    var pairs = Scratch<DotPair>()
    var devices = Scratch<DecodedDevice>()
    var collections = Scratch<UInt32>()
    var fields = Scratch<UInt32>()
    /// By field of the block: its place in the collection at hand.
    var places = Scratch<UInt64>()
    /// Ids that were packed.
    var ids = Scratch<UInt8>()
    var distinct = Scratch<UInt32>()
    /// More bits than a place has.
    static let unknownPlace = UInt64.max
    let sections = PackedSections()
    /// Where an empty section lies.
    let nothing = Scratch<UInt64>()

    /// Whether each half of the index has a lane of its own; else all is the first one's.
    private var laneMask = 0
    private(set) var keyLimit = 0
    private(set) var rowLimit = 0
    /// By lane: the place of its next key, and of its next row.
    private let nextKeys = Scratch<Int>()
    private let nextRows = Scratch<Int>()
    var keyCount = 0
    var rowCount = 0
    var shapeCount = 0
    var shapeFieldCount = 0
    var valueCount = 0
    var pairCount = 0
    var deviceCount = 0
    var collectionCount = 0
    var fieldCount = 0
    var valueBase: UnsafeRawPointer
    /// Behind the last value.
    var valueEnd: UnsafeRawPointer
    var latestTime: UInt64 = 0
    /// Keys in each half of the index.
    var halfCounts = (0, 0)
    /// The position of the first row.
    var position: UInt32 = 0

    init() {
        valueBase = UnsafeRawPointer(values.base)
        valueEnd = valueBase
    }

    mutating func begin(isShared: Bool) {
        laneMask = isShared ? 1 : 0
        keyCount = 0
        rowCount = 0
        shapeCount = 0
        shapeFieldCount = 0
        valueCount = 0
        pairCount = 0
        latestTime = 0
        halfCounts = (0, 0)
    }

    /// Forgets the rows behind the first `count`; there is one lane.
    mutating func stop(after count: Int) {
        rowCount = count
        nextRows.base[0] = count
    }

    // MARK: - What both encodings share

    /// Makes room for so many keys and rows in each lane.
    mutating func reserve(keys keyLimit: Int, rows rowLimit: Int) {
        (self.keyLimit, self.rowLimit) = (keyLimit, rowLimit)
        keys.reserve((laneMask + 1) * keyLimit)
        keyPlaces.reserve(keyLimit)
        rows.reserve((laneMask + 1) * rowLimit)
        (nextKeys.base[0], nextKeys.base[1]) = (0, keyLimit)
        (nextRows.base[0], nextRows.base[1]) = (0, rowLimit)
    }

    /// The places of a lane's keys.
    func laneKeys(_ lane: Int) -> Range<Int> { (lane * keyLimit)..<nextKeys.base[lane] }

    /// The places of a lane's rows.
    func laneRows(_ lane: Int) -> Range<Int> { (lane * rowLimit)..<nextRows.base[lane] }

    // No branch on the lane: it could not be foretold.

    @inline(__always)
    mutating func addKey(_ bytes: UnsafeRawPointer, _ length: Int, collection: UInt32) {
        let hash = keyHash(bytes, length, collection: collection)
        let half = IndexView.half(hash)
        halfCounts.1 &+= half
        let lane = half & laneMask
        let place = nextKeys.base[lane]
        nextKeys.base[lane] = place &+ 1
        keys.base[place] = DecodedKey(bytes: bytes, hash: hash, collection: collection, length: UInt32(truncatingIfNeeded: length))
        keyPlaces.base[keyCount] = UInt32(truncatingIfNeeded: place)
        keyCount &+= 1
        halfCounts.0 = keyCount &- halfCounts.1
    }

    /// Adds a row, whose `number` is `rowCount`.
    @inline(__always)
    mutating func addRow(_ row: DecodedRow) {
        let lane = Int(row.key) >= keyLimit ? 1 : 0
        let place = nextRows.base[lane]
        nextRows.base[lane] = place &+ 1
        rows.base[place] = row
        rowCount &+= 1
    }

    /// Notes an event of a device of the block; false when its seq is out of range or goes back.
    @inline(__always)
    func advance(_ device: Int, to seq: UInt64) -> Bool {
        let device = devices.base + device
        if device.pointee.firstSeq == 0 {
            device.pointee.firstSeq = UInt32(truncatingIfNeeded: seq)
        } else {
            guard seq > UInt64(device.pointee.running) else { return false }
            if seq != UInt64(device.pointee.running) &+ 1 { device.pointee.isGapless = false }
        }
        device.pointee.running = UInt32(truncatingIfNeeded: seq)
        return seq >= 1 && seq <= Limits.foldedSeq
    }

    /// A dot of a context: a device of the block, and how far its seq lies from the device's running one.
    @inline(__always)
    func pair(_ device: UInt64, _ folded: UInt64) -> DotPair? {
        guard device < UInt64(truncatingIfNeeded: deviceCount) else { return nil }
        let known = devices.base[Int(truncatingIfNeeded: device)]
        let seq = UInt64(known.running).advanced(zigzag: folded)
        guard seq >= 1 && seq <= Limits.foldedSeq else { return nil }
        return DotPair(device: known.number, seq: UInt32(truncatingIfNeeded: seq))
    }

    /// Reads a context of several dots into the pairs; nil when it is not well-formed.
    @inline(never)
    mutating func decodePairs(_ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> DotPair? {
        let count = varint(&at)
        guard at <= end && count > 0 && count <= UInt64(end - at) / 2 else { return nil }
        pairs.reserve(pairCount + Int(count), keeping: pairCount)
        let first = pairCount
        for _ in 0..<count {
            let device = varint(&at)
            guard at <= end, let pair = pair(device, varint(&at)) else { return nil }
            pairs.base[pairCount] = pair
            pairCount += 1
        }
        return at <= end ? DotPair(device: UInt32(first), seq: UInt32(count)) : nil
    }

    /// Steps over the value at `at`; false when it is not well-formed.
    @inline(__always)
    static func skipValue(_ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
        guard at < end else { return false }
        let tag = at.load(as: UInt8.self)
        at += 1
        guard tag >> 5 < ValueCode.special else { return tag <= ValueCode.trueTag }
        var length = Int(tag & 31)
        if length == Int(ValueCode.longLength) {
            let long = varint(&at)
            guard at <= end && long <= UInt64(truncatingIfNeeded: end - at) else { return false }
            length = Int(truncatingIfNeeded: long)
        }
        at += length
        return at <= end
    }
}

/// A varint at `at`, which has four readable bytes; at most ten are read.
@inline(__always)
func varint(_ at: inout UnsafeRawPointer) -> UInt64 {
    let word = at.loadUnaligned(as: UInt32.self)
    if word & 0x80 == 0 {
        at += 1
        return UInt64(word & 0x7F)
    }
    if word & 0x8000 == 0 {
        at += 2
        return UInt64(word & 0x7F | word >> 1 & 0x3F80)
    }
    return longVarint(&at)
}

@inline(never)
private func longVarint(_ at: inout UnsafeRawPointer) -> UInt64 {
    var (number, shift) = (UInt64(0), UInt64(0))
    while shift < 64 {
        let next = at.load(as: UInt8.self)
        at += 1
        number |= UInt64(next & 0x7F) << shift
        if next < 0x80 { break }
        shift += 7
    }
    return number
}
