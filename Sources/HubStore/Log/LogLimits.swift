internal import SyncCore

/// What a hub's log gives at once.
enum LogLimits {
    /// A page is closed when its events have so many bytes.
    static let pageBytes = SyncLimits().pageBytes
}
