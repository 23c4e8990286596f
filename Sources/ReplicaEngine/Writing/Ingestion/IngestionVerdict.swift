internal import EventCore

/// What becomes of an event whose device has come to it.
enum IngestionVerdict {
    case admitted
    /// This event must come before it.
    case missing(Dot)
    case refused(ReplicaError)
}
