/// Where a device's hash chain stands: h(seq), which stands for all its events up to there.
package struct ChainHead: Hashable, Sendable {
    /// The event that the chain ends with; a seq of 0 is the chain before the first.
    package let dot: Dot
    /// h(seq).
    package let hash: Hash256

    package init(dot: Dot, hash: Hash256) {
        self.dot = dot
        self.hash = hash
    }

    /// The chain of a device that has written nothing.
    package init(emptyChainOf device: DeviceID) { self.init(dot: Dot(device: device, seq: 0), hash: .zero) }

    /// The bytes that h(seq + 1) is the SHA-256 of, but for the event's canonical form, which follows them.
    ///
    /// Layout: Sources/README.md, "Hash chain".
    package var linkPrefix: [UInt8] {
        var bytes = Self.chainMark
        bytes += dot.device.bytes
        bytes += hash.bytes
        return bytes
    }

    /// How many bytes `linkPrefix` has.
    package static let linkPrefixBytes = chainMark.count + 16 + Hash256.sizeBytes

    /// Writes `linkPrefix` of a chain into memory that has room for it.
    package static func writeLinkPrefix(_ device: DeviceID, _ hash: Hash256, to memory: UnsafeMutableRawPointer) {
        chainMark.withUnsafeBytes { memory.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: $0.count) }
        let names = memory + chainMark.count
        names.storeBytes(of: device.high.bigEndian, as: UInt64.self)
        names.storeBytes(of: device.low.bigEndian, toByteOffset: 8, as: UInt64.self)
        hash.write(to: names + 16)
    }

    /// The bytes that the device signs: its chain up to here, in this workspace.
    ///
    /// - Parameter workspace: 16 bytes.
    package func signedBytes(workspace: [UInt8]) -> [UInt8] {
        precondition(workspace.count == 16)
        var bytes = Self.headMark
        bytes += workspace
        bytes += dot.device.bytes
        bytes.append(bigEndian: dot.seq)
        bytes += hash.bytes
        return bytes
    }

    private static let chainMark = Array("syncline/chain/1".utf8) + [0]
    private static let headMark = Array("syncline/head/1".utf8) + [0]
}
