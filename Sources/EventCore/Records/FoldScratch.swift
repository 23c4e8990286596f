/// One decoded row of a batch: numbers of the table, and pointers into the block.
struct DecodedRow: BitwiseCopyable {
    var key: UnsafeRawPointer
    var body: UnsafeRawPointer
    var end: UnsafeRawPointer
    var hash: UInt64
    var cell: UInt32
    var collection: UInt32
    var device: UInt32
    var seq: UInt32
    /// Of a context of one head: that dot. Of one of several dots: the range of the scratch's pairs.
    var headDevice: UInt32
    var headSeq: UInt32
    var pairCount: UInt32
    var keyLength: UInt8
    var form: UInt8
    var isDelete: Bool
}

/// A device and a seq, both as the table counts them.
struct DotPair: BitwiseCopyable {
    var device: UInt32
    var seq: UInt32
}

/// Memory that the fold uses over and over: no allocation per block once it has grown.
struct FoldScratch: ~Copyable {
    static let batchRows = 32

    let rows = UnsafeMutablePointer<DecodedRow>.allocate(capacity: FoldScratch.batchRows)
    /// The block's device, collection and field numbers → the table's.
    private(set) var devices = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
    private(set) var running = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
    private(set) var collections = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
    private(set) var fields = UnsafeMutablePointer<UInt32>.allocate(capacity: 64)
    private(set) var pairs = UnsafeMutablePointer<DotPair>.allocate(capacity: 256)
    var deviceCount = 0
    var collectionCount = 0
    var fieldCount = 0
    var pairCount = 0
    private var deviceCapacity = 64
    private var collectionCapacity = 64
    private var fieldCapacity = 64
    private var pairCapacity = 256

    init() {}

    deinit {
        rows.deallocate()
        devices.deallocate()
        running.deallocate()
        collections.deallocate()
        fields.deallocate()
        pairs.deallocate()
    }

    mutating func reserve(devices count: Int) {
        guard count > deviceCapacity else { return }
        devices = Self.replaced(devices, by: count, keeping: 0)
        running = Self.replaced(running, by: count, keeping: 0)
        deviceCapacity = count
    }

    mutating func reserve(collections count: Int) {
        guard count > collectionCapacity else { return }
        collections = Self.replaced(collections, by: count, keeping: 0)
        collectionCapacity = count
    }

    mutating func reserve(fields count: Int) {
        guard count > fieldCapacity else { return }
        fields = Self.replaced(fields, by: count, keeping: 0)
        fieldCapacity = count
    }

    /// Room for `count` pairs more.
    mutating func reserve(morePairs count: Int) {
        guard pairCount + count > pairCapacity else { return }
        let capacity = (pairCount + count) * 2
        pairs = Self.replaced(pairs, by: capacity, keeping: pairCount)
        pairCapacity = capacity
    }

    private static func replaced<Element: BitwiseCopyable>(
        _ old: UnsafeMutablePointer<Element>, by capacity: Int, keeping count: Int
    ) -> UnsafeMutablePointer<Element> {
        let new = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
        new.initialize(from: old, count: count)
        old.deallocate()
        return new
    }
}
