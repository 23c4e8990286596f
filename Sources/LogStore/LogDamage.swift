package import EventCore

/// Damage that cannot be explained by a power loss or a killed process.
package struct LogDamage: Error, Hashable, Sendable {
    package let kind: DamageKind
    /// The file's path.
    package let file: String
    /// Where in the file.
    package let offset: Int
    /// Positions of the log that cannot be read because of it; empty when no event is concerned, nil when it is not known which.
    package let positions: Range<Position>?

    package init(_ kind: DamageKind, file: String, offset: Int, positions: Range<Position>?) {
        self.kind = kind
        self.file = file
        self.offset = offset
        self.positions = positions
    }
}

/// What is wrong.
package enum DamageKind: String, Hashable, CaseIterable, Sendable {
    case missingSegment
    /// The file system does not give the bytes.
    case unreadable
    case damagedHeader
    /// A file of another store, or that does not fit its name or the segment before it.
    case foreignSegment
    case newerFormat
    /// The tail of a sealed segment.
    case damagedTail
    /// The index of a sealed segment.
    case damagedFooter
    /// The digest of a sealed segment does not match its bytes.
    case digestMismatch
    case unsealedInTheMiddle
    case malformedBlock
    /// A block whose bytes are not those that were written, or a commit that was moved, repeated or left out.
    case damagedBlock
    case damagedCommit
    case noAcknowledgedMark
    case acknowledgedMarkContradicted
    /// Events that were acknowledged cannot be read any more.
    case acknowledgedEventsDamaged
}
