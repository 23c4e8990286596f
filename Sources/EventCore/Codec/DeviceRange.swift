/// The seqs of one device's events in a block, both ends included. There may be gaps between: other blocks may hold some of them.
package struct DeviceRange: Hashable, Sendable {
    package let device: DeviceID
    package let first: UInt64
    package let last: UInt64

    package init(device: DeviceID, first: UInt64, last: UInt64) {
        self.device = device
        self.first = first
        self.last = last
    }

    /// Whether the block may hold this event.
    package func covers(_ dot: Dot) -> Bool { device == dot.device && first <= dot.seq && dot.seq <= last }
}
