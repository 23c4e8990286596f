/// The LZ4 block format: literals and copies of up to 64 KiB back, no entropy coding, so that expanding runs at memory speed.
///
/// Source: Yann Collet, "LZ4 Block Format Description", https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md. Written here because it
/// is a page of code in either direction: Decisions/0011.
enum LZ4 {
    /// Bytes that `expand` may write behind its target.
    static let slackBytes = 16

    private static let leastMatch = 4
    /// The last bytes are literals, and no match begins in the last twelve: two rules of the format.
    private static let lastLiterals = 5
    private static let matchFreeBytes = 12
    private static let farthest = 65_535
    private static let hashBits = 14
    private static let chainDepth = 24

    // MARK: - Expanding

    /// Expands `source` into exactly `target.count` bytes; false when it is not a block of just that size.
    ///
    /// Total on any bytes. `target` has `slackBytes` of room behind it.
    static func expand(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Bool {
        guard var from = source.baseAddress, let start = target.baseAddress else { return source.count == 1 && source[0] == 0 }
        let (sourceEnd, end) = (from + source.count, start + target.count)
        var to = start
        while from < sourceEnd {
            let token = Int(from.load(as: UInt8.self))
            from += 1
            var literals = token >> 4
            if literals == 15 { guard extend(&literals, &from, sourceEnd) else { return false } }
            guard literals <= sourceEnd - from && literals <= end - to else { return false }
            if sourceEnd - from >= literals + slackBytes {
                copyWide(from, to, literals)
            } else {
                to.copyMemory(from: from, byteCount: literals)
            }
            from += literals
            to += literals
            if from == sourceEnd { return to == end }
            guard sourceEnd - from >= 2 else { return false }
            let distance = Int(UInt16(littleEndian: from.loadUnaligned(as: UInt16.self)))
            from += 2
            var length = token & 15
            if length == 15 { guard extend(&length, &from, sourceEnd) else { return false } }
            length += leastMatch
            guard distance >= 1 && distance <= to - start && length <= end - to else { return false }
            if distance >= 16 {
                copyWide(UnsafeRawPointer(to - distance), to, length)
            } else {
                for offset in 0..<length {
                    to.storeBytes(of: (to - distance).load(fromByteOffset: offset, as: UInt8.self), toByteOffset: offset, as: UInt8.self)
                }
            }
            to += length
        }
        return false
    }

    /// Copies in steps of 16 bytes, up to 15 too many.
    @inline(__always)
    private static func copyWide(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int) {
        var offset = 0
        while offset < count {
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self), toByteOffset: offset, as: SIMD2<UInt64>.self)
            offset &+= 16
        }
    }

    @inline(__always)
    private static func extend(_ length: inout Int, _ from: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Bool {
        while from < end {
            let more = Int(from.load(as: UInt8.self))
            from += 1
            length &+= more
            if more < 255 { return true }
        }
        return false
    }

    // MARK: - Compressing

    /// Compresses `source`; nil when that would not save an eighth.
    ///
    /// Looks for the longest match among the last `chainDepth` places with the same four bytes, and takes it greedily. Where nothing
    /// matches for long it looks less often.
    static func compress(_ source: UnsafeRawBufferPointer) -> [UInt8]? {
        guard source.count > matchFreeBytes, let base = source.baseAddress else { return nil }
        let limit = source.count - source.count / 8
        var target: [UInt8] = []
        target.reserveCapacity(limit)
        var newest = [Int32](repeating: -1, count: 1 << hashBits)
        var earlier = [Int32](repeating: -1, count: source.count)
        var (at, anchor, misses) = (0, 0, 0)
        let lastMatchStart = source.count - matchFreeBytes
        while at < lastMatchStart {
            let (place, length) = longestMatch(base, at, source.count - lastLiterals, newest, earlier)
            guard length >= leastMatch else {
                note(base, at, &newest, &earlier)
                misses += 1
                at += 1 + misses >> 6
                continue
            }
            misses = 0
            append(base, anchor, at, at - place, length, to: &target)
            guard target.count < limit else { return nil }
            for covered in at..<min(at + length, lastMatchStart) { note(base, covered, &newest, &earlier) }
            at += length
            anchor = at
        }
        append(base, anchor, source.count, 0, 0, to: &target)
        return target.count < limit ? target : nil
    }

    private static func longestMatch(
        _ base: UnsafeRawPointer, _ at: Int, _ end: Int, _ newest: [Int32], _ earlier: [Int32]
    ) -> (place: Int, length: Int) {
        var place = Int(newest[hash(base, at)])
        var (bestPlace, bestLength, left) = (0, 0, chainDepth)
        let word = base.loadUnaligned(fromByteOffset: at, as: UInt32.self)
        while place >= 0 && at - place <= farthest && left > 0 {
            if base.loadUnaligned(fromByteOffset: place, as: UInt32.self) == word {
                let length = sameLength(base, place, at, end)
                if length > bestLength { (bestPlace, bestLength) = (place, length) }
            }
            place = Int(earlier[place])
            left -= 1
        }
        return (bestPlace, bestLength)
    }

    private static func sameLength(_ base: UnsafeRawPointer, _ left: Int, _ right: Int, _ end: Int) -> Int {
        var length = 0
        while right + length + 8 <= end {
            let difference =
                base.loadUnaligned(fromByteOffset: left + length, as: UInt64.self)
                ^ base.loadUnaligned(fromByteOffset: right + length, as: UInt64.self)
            if difference != 0 { return length + difference.littleEndian.trailingZeroBitCount / 8 }
            length += 8
        }
        while right + length < end
            && base.load(fromByteOffset: left + length, as: UInt8.self) == base.load(fromByteOffset: right + length, as: UInt8.self)
        { length += 1 }
        return length
    }

    private static func note(_ base: UnsafeRawPointer, _ at: Int, _ newest: inout [Int32], _ earlier: inout [Int32]) {
        let slot = hash(base, at)
        earlier[at] = newest[slot]
        newest[slot] = Int32(at)
    }

    /// Multiplicative hash of four bytes (Knuth).
    private static func hash(_ base: UnsafeRawPointer, _ at: Int) -> Int {
        Int((base.loadUnaligned(fromByteOffset: at, as: UInt32.self) &* 2_654_435_761) >> UInt32(32 - hashBits))
    }

    /// A sequence: the literals from `anchor` to `at`, then a match unless `length` is 0.
    private static func append(
        _ base: UnsafeRawPointer, _ anchor: Int, _ at: Int, _ distance: Int, _ length: Int, to target: inout [UInt8]
    ) {
        let literals = at - anchor
        let rest = max(length - leastMatch, 0)
        target.append(UInt8(min(literals, 15) << 4 | min(rest, 15)))
        appendLength(literals, to: &target)
        target.append(contentsOf: UnsafeRawBufferPointer(start: base + anchor, count: literals))
        guard length > 0 else { return }
        target.append(UInt8(distance & 255))
        target.append(UInt8(distance >> 8))
        appendLength(rest, to: &target)
    }

    private static func appendLength(_ length: Int, to target: inout [UInt8]) {
        guard length >= 15 else { return }
        var rest = length - 15
        while rest >= 255 {
            target.append(255)
            rest -= 255
        }
        target.append(UInt8(rest))
    }
}
