package import EventCore

/// A sealed block on its way into the log.
package struct LogBlock: Hashable, Sendable {
    /// Header and payload, as `BlockHeader.seal` left them.
    package let bytes: [UInt8]
    /// Whose events it holds; for finding an event by its dot.
    package let ranges: [DeviceRange]

    package init(bytes: [UInt8], ranges: [DeviceRange]) {
        self.bytes = bytes
        self.ranges = ranges
    }
}
