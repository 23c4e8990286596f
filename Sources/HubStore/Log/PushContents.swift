package import EventCore
package import ReplicaEngine

/// What a push hands over.
package enum PushContents: Sendable {
    /// Each with its whole context.
    case events([Event])
    /// As they lie in the pusher's log.
    case blocks(BlocksBody)
}
