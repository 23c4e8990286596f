/// The dictionaries at the beginning of a block's payload, which rows and columns refer to by number.
struct BlockNames {
    private(set) var devices: [DeviceID] = []
    /// By device: the seq that its running one starts at.
    private(set) var bases: [UInt64] = []
    private(set) var collections: [Name] = []
    private(set) var fields: [Name] = []

    /// Reads them and moves on behind them.
    init(_ cursor: inout ByteCursor) throws(BlockError) {
        for _ in 0..<(try cursor.count(unitBytes: 18)) {
            devices.append(DeviceID(bytes: try cursor.take(16)))
            bases.append(try cursor.varint())
            // How many events of the device follow; the events say it too.
            _ = try cursor.varint()
        }
        for _ in 0..<(try cursor.count(unitBytes: 2)) { collections.append(try cursor.name()) }
        for _ in 0..<(try cursor.count(unitBytes: 2)) { fields.append(try cursor.name()) }
    }
}

extension BlockHeader {
    /// Whether the block names a collection: its events may be of that one, and otherwise are not. What cannot be read names all.
    package static func names(_ collection: Name, in block: UnsafeRawBufferPointer) -> Bool {
        do throws(BlockError) {
            let header = try BlockHeader(checking: block)
            var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: block[..<header.blockBytes]), at: sizeBytes)
            return try BlockNames(&cursor).collections.contains(collection)
        } catch { return true }
    }
}
