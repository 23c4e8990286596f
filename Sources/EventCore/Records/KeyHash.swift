/// Hash of a record's key: wide multiplications over 8-byte words, as in Wang Yi's wyhash. Deterministic: it is never stored and
/// never orders anything that is shown.
@inline(__always)
func keyHash(_ key: UnsafeRawPointer, _ length: Int, collection: UInt32) -> UInt64 {
    // The two constants of wyhash.
    let first: UInt64 = 0xa076_1d64_78bd_642f
    let second: UInt64 = 0xe703_7ed1_a0b4_28db
    let seed = UInt64(collection) &+ UInt64(length) << 32
    if length == 16 {
        let low = key.loadUnaligned(as: UInt64.self)
        let high = key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        return folded(low ^ first ^ seed, high ^ second)
    }
    var hash = seed
    var offset = 0
    while offset &+ 8 <= length {
        hash = folded(hash ^ key.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ first, second)
        offset &+= 8
    }
    var tail: UInt64 = 0
    while offset < length {
        tail = tail << 8 | UInt64(key.load(fromByteOffset: offset, as: UInt8.self))
        offset &+= 1
    }
    return folded(hash ^ tail ^ first, second)
}

@inline(__always)
private func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}
