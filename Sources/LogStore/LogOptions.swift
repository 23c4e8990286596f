package import EventCore

/// What a log is opened for.
package enum LogAccess: String, Hashable, CaseIterable, Sendable {
    /// Takes no lock and changes nothing.
    case reading
    case writing
}

/// What can be chosen when a log is opened.
package struct LogOptions: Sendable {
    /// From this size on a segment wants to be sealed.
    package var segmentLimitBytes: Int
    /// Who this process is, for another that finds the log locked.
    package var holder: LockHolder
    /// Whether a checkpoint may be used: without one the log is all that counts, and opening only takes longer.
    package var readsCheckpoints = true
    /// Whose events a block holds; asked for blocks that were found in a segment that is not sealed, when an event is looked for.
    package var deviceRanges: @Sendable (BlockHeader, UnsafeRawBufferPointer) -> [DeviceRange]

    package init(
        segmentLimitBytes: Int = 64 * 1024 * 1024,
        holder: LockHolder = LockHolder(process: 0, command: ""),
        deviceRanges: @escaping @Sendable (BlockHeader, UnsafeRawBufferPointer) -> [DeviceRange] = { _, _ in [] }
    ) {
        self.segmentLimitBytes = segmentLimitBytes
        self.holder = holder
        self.deviceRanges = deviceRanges
    }
}
