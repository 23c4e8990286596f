/// What is wrong with the bytes of a block. The caller decides what that means where the bytes came from.
package enum BlockError: Error, Hashable, Sendable {
    /// The bytes end inside the block.
    case cutOff
    /// The checksum does not match the bytes.
    case checksumMismatch
    /// A kind or an encoding that this program does not know.
    case newerFormat(kind: UInt8, encoding: UInt8)
    /// The checksum matches, but what it covers is not a block: written by a broken or lying program.
    case malformed(offset: Int)
}
