package import EventCore

/// What happens to a hub.
package enum HubInput<Batch: Sendable>: Sendable {
    /// A call of somebody's. `random` is fresh for each call that makes a secret.
    case call(RequestID, HubCall<Batch>)
    /// The caller went away; a waiting pull ends.
    case cancelled(RequestID)
    /// A socket was asked for. Answered with `accept`, or `reply` with a problem.
    case socket(RequestID, ConnectionID, token: Secret?)
    case received(ConnectionID, DeviceMessage)
    /// The socket took so many of the messages that were sent.
    case sent(ConnectionID, messages: Int)
    case disconnected(ConnectionID)
    /// Everything up to this `store` is durable, log and records.
    case durable(StoreNumber)
    /// Storing failed: final.
    case storeFailed
    /// A wake-up came.
    case tick
}

/// A call and what comes with it.
package enum HubCall<Batch: Sendable>: Sendable {
    case enrol(Enrolment, random: Secret)
    case challenge(DeviceID, random: Secret)
    case openSession(DeviceID, nonce: Secret, signature: [UInt8], random: Secret)
    case listDevices(token: Secret?)
    /// - epoch: of the caller's lease.
    case revoke(DeviceID, epoch: UInt64, token: Secret?)
    case push(PushRequest<Batch>, token: Secret?)
    case pull(PullRequest, token: Secret?)
    case status(token: Secret?)
    /// At the hub's machine: a one-time code for somebody who is told it.
    case invite(code: Secret, Role, lifetimeMilliseconds: UInt64?)
    case revokeLocally(DeviceID)
}

/// `POST /devices`.
package struct Enrolment: Hashable, Sendable {
    package var device: DeviceID
    package var code: Secret
    package var name: String
    package var publicKey: [UInt8]
    /// Its own chain: where events under its id are here already, they must be its own.
    package var chain: ChainHead
    package var formerly: DeviceID?

    package init(device: DeviceID, code: Secret, name: String, publicKey: [UInt8], chain: ChainHead, formerly: DeviceID? = nil) {
        self.device = device
        self.code = code
        self.name = name
        self.publicKey = publicKey
        self.chain = chain
        self.formerly = formerly
    }
}

/// `POST /sync/push`. Without events it asks for `ackedThrough` and compares chains.
package struct PushRequest<Batch: Sendable>: Sendable {
    package var batch: Batch
    package var eventCount: Int
    /// Of the body.
    package var byteCount: Int
    /// Per device of the push its head before the push, which tells a fork, and its head after it, signed where it is the pusher's own; without events the heads of all devices.
    package var chains: [SignedHead]

    package init(batch: Batch, eventCount: Int, byteCount: Int, chains: [SignedHead]) {
        self.batch = batch
        self.eventCount = eventCount
        self.byteCount = byteCount
        self.chains = chains
    }
}

/// `GET /sync/pull`.
package struct PullRequest: Hashable, Sendable {
    /// The cursor's bytes; nil from the beginning.
    package var cursor: [UInt8]?
    /// Events of the page; nil as many as the hub allows.
    package var limit: Int?
    /// How long to wait for news where there is none.
    package var waitMilliseconds: UInt64
    /// What the caller has already, of some devices; what the page would begin with of these is passed over.
    package var known: VersionVector

    package init(cursor: [UInt8]? = nil, known: VersionVector = VersionVector(), limit: Int? = nil, waitMilliseconds: UInt64 = 0) {
        self.cursor = cursor
        self.known = known
        self.limit = limit
        self.waitMilliseconds = waitMilliseconds
    }
}
