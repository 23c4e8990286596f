package import EventCore

/// What opening a log found behind its last commit, and what was done about it.
package struct RecoveryReport: Hashable, Sendable {
    /// Bytes that are no commit, above everything that was acknowledged.
    package struct TornTail: Hashable, Sendable {
        /// The segment's path.
        package let file: String
        /// Where they began: behind the last commit.
        package let offset: Int
        package let sizeBytes: Int
        /// Where they are kept now; nil when the log was only read and they are where they were.
        package let keptIn: String?
    }

    package var tornTail: TornTail?
    /// Events that were found whole above the acknowledged mark: they are kept, and acknowledged from now on when opened for writing.
    package var unacknowledged: Range<Position>
    /// Paths of files that an interrupted program left unfinished; removed.
    package var removedFiles: [String] = []
    /// One slot of the acknowledged mark could not be read, which a power loss can do; it has been written anew when opened for writing.
    package var hadDamagedMarkSlot = false

    /// Whether opening had nothing to mend.
    package var isClean: Bool {
        tornTail == nil && unacknowledged.isEmpty && removedFiles.isEmpty && !hadDamagedMarkSlot
    }
}
