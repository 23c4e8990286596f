/// Names that came lately, so that those that come again and again are one array: collections and fields.
///
/// Each name has one slot; the last one there stays.
struct NameCache {
    private var names = [Name?](repeating: nil, count: Self.slotCount)
    private static let slotCount = 128

    /// The name of these bytes, which are UTF-8 of the right length.
    mutating func name(_ utf8: UnsafeBufferPointer<UInt8>) -> Name {
        let slot = (utf8.count &* 31 &+ Int(utf8[0]) &* 7 &+ Int(utf8[utf8.count / 2]) &* 3 &+ Int(utf8[utf8.count - 1])) % Self.slotCount
        if let known = names[slot], known.utf8.count == utf8.count, isSame(known, utf8) { return known }
        let name = Name(unchecked: Array(utf8))
        names[slot] = name
        return name
    }

    private func isSame(_ name: Name, _ utf8: UnsafeBufferPointer<UInt8>) -> Bool {
        name.utf8.withUnsafeBytes { known in
            guard let left = known.baseAddress, let right = utf8.baseAddress else { return false }
            return sameBytes(left, right, utf8.count)
        }
    }
}
