/// What an ingestion keeps in memory beyond a few bytes an event.
package struct IngestionLimits: Hashable, Sendable {
    /// Bytes of the spool that are not in its file.
    package var spoolBytes = 4 * 1024 * 1024
    /// Events that are there already, at 24 bytes each: when so many have gathered they are compared before more come.
    package var twins = 1 << 22
    /// Contexts of whole histories. Beyond, they are read again when they are needed.
    package var contexts = 1 << 18

    package init() {}
}
