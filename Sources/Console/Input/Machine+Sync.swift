internal import HubServer

/// Where keys lie, and the hub's clock.
extension Machine {
    /// `$SYNCLINE_KEYS`, else `$XDG_CONFIG_HOME/syncline/keys`, else `~/.config/syncline/keys`.
    static var keysFolder: String {
        func given(_ name: String) -> String? { environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let folder = given("SYNCLINE_KEYS") { return folder }
        return (given("XDG_CONFIG_HOME") ?? (given("HOME") ?? ".") + "/.config") + "/syncline/keys"
    }

    static var hubClock: HubClock { HubClock(process: process, wall: { wall }, monotonic: { UInt64(monotonicSeconds * 1000) }) }
}
