internal import EventCore

/// A block of admitted events in the spool.
struct SpooledBlock {
    let offset: Int
    let byteCount: Int
    let ranges: [DeviceRange]
    /// Its first event, counted from the beginning of the ingestion.
    let first: Int
    /// Behind its last one.
    let end: Int
}
