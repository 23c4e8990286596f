internal import ReplicaEngine

/// What a socket brought, from the network's thread to the one that waits.
final class SocketInbox: @unchecked Sendable {
    private enum Awaited: Int, CaseIterable {
        case event
    }

    /// Which socket it was, and what it brought. Touched under the monitor's lock only.
    private var events: [(attempt: UInt64, event: SocketClient.Event)] = []
    private var isRung = false
    private var hasNetworkReturned = false
    private let monitor = Monitor<Awaited>()

    func add(_ event: SocketClient.Event, of attempt: UInt64) {
        monitor.lock()
        defer { monitor.unlock() }
        events.append((attempt, event))
        monitor.announce(.event)
    }

    /// Whoever waits for an event goes on without one.
    func ring() {
        monitor.lock()
        defer { monitor.unlock() }
        isRung = true
        monitor.announce(.event)
    }

    /// The network is there again: whoever waits for an event goes on without one, and asks.
    func networkReturned() {
        monitor.lock()
        defer { monitor.unlock() }
        (isRung, hasNetworkReturned) = (true, true)
        monitor.announce(.event)
    }

    /// Whether somebody has said so since this was asked last.
    func takeNetworkReturn() -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        defer { hasNetworkReturned = false }
        return hasNetworkReturned
    }

    /// The next event, waited for; nil when none came in time, or somebody rang.
    func next(timeoutMilliseconds: Int) -> (attempt: UInt64, event: SocketClient.Event)? {
        let deadline = Monitor<Awaited>.nanoseconds + UInt64(max(0, timeoutMilliseconds)) * 1_000_000
        monitor.lock()
        defer { monitor.unlock() }
        defer { isRung = false }
        while events.isEmpty && !isRung {
            guard monitor.wait(for: .event, until: deadline) else { return nil }
        }
        return events.isEmpty ? nil : events.removeFirst()
    }
}
