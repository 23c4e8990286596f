package import EventCore

/// What a hub's shell has to do, in this order.
package enum HubEffect: Hashable, Sendable {
    /// Make durable what the log has admitted, then these records; then say `.durable`. Several may share a sync: the highest number is reported.
    case store(StoreNumber, [HubRecord], includesLog: Bool)
    case reply(RequestID, HubReply)
    /// Let the socket be opened.
    case accept(RequestID, ConnectionID)
    case send(ConnectionID, HubMessage)
    /// Close the socket, with the problem as the reason.
    case close(ConnectionID, ProblemCode)
    /// Call `.tick` at this time of the clock that never goes back. It takes the place of the wake-up that was asked for before.
    case wake(atMilliseconds: UInt64)
    /// The disk refused: answer nobody any more and end the process.
    case stop
}

/// An answer to a call.
package enum HubReply: Hashable, Sendable {
    case enrolled(WorkspaceID, Role, token: Secret, expiresInMilliseconds: UInt64)
    case challenge(nonce: Secret, expiresInMilliseconds: UInt64)
    case session(token: Secret, expiresInMilliseconds: UInt64)
    case devices([DeviceLine])
    case revoked(at: Position)
    case pushed(PushAnswer)
    case pulled(PullAnswer)
    case status(HubStatus)
    case invited(expiresInMilliseconds: UInt64)
    case problem(Problem)
}
