/// What a hub's log gives and takes at once, beside what `SyncLimits` says.
enum LogLimits {
    /// A page is closed when its events have so many bytes.
    static let pageBytes = 4 * 1024 * 1024
}
