/// Collections or fields, numbered in the order in which they came.
package struct NameTable: Sendable {
    package private(set) var names: [Name] = []
    /// Bytes of all names, each with one of length.
    package private(set) var byteCount = 0
    private var images: [NameImage] = []
    /// Open addressing: the upper half of a name's hash above its number + 1; 0 is an empty slot. At most half full.
    private var slots: [UInt64] = []

    init() {}

    /// The number of `name`; nil if it never came.
    package func index(of name: Name) -> UInt32? {
        guard !names.isEmpty else { return nil }
        return name.utf8.withUnsafeBytes { index(of: $0) }
    }

    /// The number of the name of one length byte and its UTF-8 at the cursor, which it is added under when it has none.
    mutating func index(adding cursor: inout ByteCursor) throws(BlockError) -> UInt32 {
        var known = cursor
        // What the table has is a name: only what is new has to be looked at.
        if let number = index(of: try known.nameBytes()) {
            cursor = known
            return number
        }
        return index(adding: try cursor.name())
    }

    /// The same of a name's bytes, or of what is none.
    func index(of utf8: UnsafeRawBufferPointer) -> UInt32? {
        guard !names.isEmpty && !utf8.isEmpty else { return nil }
        let word = slots[slot(of: utf8, NameImage(utf8))]
        return word == 0 ? nil : UInt32(truncatingIfNeeded: word) - 1
    }

    /// Appends how many there are, then each with its length before it.
    func append(to bytes: inout [UInt8]) {
        bytes.appendVarint(names.count)
        for name in names {
            bytes.append(UInt8(name.utf8.count))
            bytes.append(contentsOf: name.utf8)
        }
    }

    mutating func index(adding name: Name) -> UInt32 {
        if names.count * 2 >= slots.count { grow() }
        return name.utf8.withUnsafeBytes { utf8 in
            let image = NameImage(utf8)
            let at = slot(of: utf8, image)
            if slots[at] != 0 { return UInt32(truncatingIfNeeded: slots[at]) - 1 }
            names.append(name)
            images.append(image)
            byteCount += utf8.count + 1
            slots[at] = Self.word(image.hash, names.count)
            return UInt32(names.count - 1)
        }
    }

    mutating func removeAll() {
        names.removeAll(keepingCapacity: true)
        images.removeAll(keepingCapacity: true)
        byteCount = 0
        for slot in slots.indices { slots[slot] = 0 }
    }

    /// The slot that holds the name, or the empty one where it belongs.
    @inline(__always)
    private func slot(of utf8: UnsafeRawBufferPointer, _ image: NameImage) -> Int {
        let hash = image.hash
        var at = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[at] != 0 {
            if slots[at] >> 32 == hash >> 32 {
                let number = Int(UInt32(truncatingIfNeeded: slots[at])) - 1
                if images[number] == image && (image.isWhole || names[number].utf8.elementsEqual(utf8)) { return at }
            }
            at = (at + 1) & (slots.count - 1)
        }
        return at
    }

    private mutating func grow() {
        slots = [UInt64](repeating: 0, count: Swift.max(16, slots.count * 2))
        for (number, name) in names.enumerated() {
            let empty = name.utf8.withUnsafeBytes { slot(of: $0, images[number]) }
            slots[empty] = Self.word(images[number].hash, number + 1)
        }
    }

    @inline(__always)
    private static func word(_ hash: UInt64, _ number: Int) -> UInt64 { hash & 0xFFFF_FFFF_0000_0000 | UInt64(number) }
}

/// A name of up to 16 bytes as a whole, in two words that may overlap; the hash of a longer one.
private struct NameImage: BitwiseCopyable, Equatable {
    private let first: UInt64
    private let last: UInt64
    private let count: Int

    /// Whether equal images are equal names.
    @inline(__always)
    var isWhole: Bool { count <= 16 }

    @inline(__always)
    init(_ utf8: UnsafeRawBufferPointer) {
        count = utf8.count
        if count > 16, let base = utf8.baseAddress {
            first = keyHash(base, count, collection: 0)
            last = 0
        } else if count >= 8 {
            first = utf8.loadUnaligned(as: UInt64.self)
            last = utf8.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            first = UInt64(utf8.loadUnaligned(as: UInt32.self))
            last = UInt64(utf8.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            first = UInt64(utf8[0])
            last = UInt64(utf8[count / 2]) << 8 | UInt64(utf8[count - 1])
        }
    }

    /// A wide multiplication, as in `keyHash`, with its constants.
    @inline(__always)
    var hash: UInt64 {
        let product = (first ^ 0xa076_1d64_78bd_642f ^ UInt64(truncatingIfNeeded: count) << 56)
            .multipliedFullWidth(by: last ^ 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }
}
