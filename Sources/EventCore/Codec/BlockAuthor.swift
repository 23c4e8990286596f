/// A device whose events a block holds, and the range of their seqs.
package struct BlockAuthor: Hashable, Sendable {
    package let device: DeviceID
    package let first: UInt64
    package let last: UInt64

    package init(device: DeviceID, first: UInt64, last: UInt64) {
        self.device = device
        self.first = first
        self.last = last
    }
}
