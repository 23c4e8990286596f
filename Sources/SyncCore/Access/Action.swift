/// A route of the hub, a message on a socket, or what is asked at the hub's own machine.
package enum Action: String, Hashable, Sendable, CaseIterable {
    // Routes
    case enrol
    case challenge
    case openSession = "open-session"
    case listDevices = "list-devices"
    case revoke
    case push
    case pull
    case status
    case snapshot
    case openSocket = "open-socket"
    case health
    case metrics
    case describe
    // Messages
    case register
    case acknowledge
    case heartbeat
    // On the hub's machine, beside the running hub
    case invite
    case revokeLocally = "revoke-locally"
}
