package import EventCore

/// One block read by itself.
package struct StoredBlock: Sendable {
    /// The position of its first event; of a waiting block, the position it stands at.
    package let first: Position
    package let header: BlockHeader
    /// Header and payload, followed by 64 zero bytes for a decoder that reads ahead.
    package let paddedBytes: [UInt8]

    init(first: Position, header: BlockHeader, paddedBytes: [UInt8]) {
        self.first = first
        self.header = header
        self.paddedBytes = paddedBytes
    }

    /// A block that lies elsewhere than in the log, and would begin at `first`.
    ///
    /// - Throws: `.invalidBlock` when the bytes are none.
    package init(first: Position, bytes: [UInt8]) throws(LogError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<BlockHeader, BlockError> in
            do throws(BlockError) { return .success(try BlockHeader(checking: bytes)) } catch { return .failure(error) }
        }
        do throws(BlockError) { header = try result.get() } catch { throw .invalidBlock(error) }
        self.first = first
        paddedBytes = bytes + [UInt8](repeating: 0, count: FrameReader<POSIXVolume>.paddingBytes)
    }

    /// Header and payload.
    package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        try paddedBytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<header.blockBytes])) }
    }
}
