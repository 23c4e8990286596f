internal import EventCore

/// A record that an offered event changes.
struct TouchedRecord {
    var frontier: RecordFrontier
    /// Its last event in this ingestion, counted from the beginning of that; `none` before the first.
    var last: UInt32

    static let none = UInt32.max
}
