/// All that decides what happens to one segment when a log is opened.
struct SegmentState: Hashable, Sendable {
    var header: HeaderState
    var role: SegmentRole
    /// No segment has a higher number.
    var isNewest: Bool
    var tail: TailState
    var mark: MarkRelation
    var access: LogAccess
}

/// What the file's first sector says.
package enum HeaderState: String, Hashable, CaseIterable, Sendable {
    case good
    /// There is no file of this number, though there are later ones.
    case missing
    case damaged
    /// Whole, but of another store, number, position or predecessor than its name and neighbours say.
    case foreign
    /// Of a version that this program may not read, or not write where it is to be written.
    case newerFormat
}

enum SegmentRole: String, Hashable, CaseIterable, Sendable {
    case active
    case sealed
}

/// What lies at the end of a segment: behind its last commit mark, or in the tail of a sealed one.
package enum TailState: String, Hashable, CaseIterable, Sendable {
    /// Nothing; the tail of a sealed one is right.
    case intact
    /// Zeros and nothing else: room that was made for commits to come.
    case room
    /// Bytes that are no commit: cut off, damaged, out of order, or without their mark.
    case torn
    /// Bytes that are right and cannot be understood.
    case newerFormat
    /// Bytes that are right and make no sense.
    case malformed
}

/// How the end of the last whole commit relates to the acknowledged mark.
enum MarkRelation: String, Hashable, CaseIterable, Sendable {
    /// The mark names the end of a commit that is there.
    case reached
    /// The mark lies behind the end.
    case beyond
    /// The mark lies before the end, where no commit ends, or names other content.
    case contradicted
    /// Neither slot can be read.
    case missing
}
