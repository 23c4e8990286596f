package import LogStore

/// Why a journal did not open.
package enum JournalError: Error, Hashable, Sendable {
    case volume(VolumeError)
    /// What lies there is no journal, or was changed.
    case damaged(file: String)
}
