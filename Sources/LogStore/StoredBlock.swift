package import EventCore

/// One block read by itself.
package struct StoredBlock: Sendable {
    /// The position of its first event; of a waiting block, the position it stands at.
    package let first: Position
    package let header: BlockHeader
    /// Header and payload, followed by 64 zero bytes for a decoder that reads ahead.
    package let paddedBytes: [UInt8]

    /// Header and payload.
    package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try paddedBytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<header.blockBytes])) }
    }
}
