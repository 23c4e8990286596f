internal import EventCore
internal import LogStore
internal import ReplicaEngine

struct PullAnswer: Sendable {
    let events: [LoggedEvent]
    let cursor: Cursor
    let head: UInt64
    var hasMore: Bool { cursor.position < head }
}

struct StatusAnswer: Sendable {
    let log: String
    let head: UInt64
    let digest: UInt64
    let ackedThrough: VersionVector
    let waiting: Int
    let connected: Int
    let workspace: String
    let device: Registry.Device
    /// Events that the caller has not pulled, as far as it has pulled since the hub started.
    let lag: UInt64?
}

/// A device as a list shows it.
struct DeviceLine: Sendable {
    let device: Registry.Device
    /// Milliseconds since 1970; nil when it was not heard of since the hub started.
    let lastSeen: UInt64?
    let lag: UInt64?
    let isConnected: Bool
}

/// Passing events on, and what there is to know.
extension Workspace {
    /// Events after a cursor, the first ones without one.
    func pull(_ text: String?, limit: Int, wait seconds: Int, by id: DeviceID) async throws(Problem) -> PullAnswer {
        let start = try position(of: text)
        if start == head && seconds > 0 { await wait(beyond: start, seconds: seconds) }
        // Revoked while it waited: it learns nothing more.
        guard registry[id]?.revokedAt == nil else { throw .revoked }
        let events = try events(from: start, limit: limit)
        let end = start + UInt64(events.count)
        counters.pulls += 1
        counters.sent += UInt64(events.count)
        seen[id] = (now, start)
        return PullAnswer(events: events, cursor: try cursor(at: end), head: head)
    }

    /// - Throws: `.cursorLost` when the cursor is not one of this log.
    private func position(of text: String?) throws(Problem) -> UInt64 {
        guard let text, !text.isEmpty else { return 0 }
        guard let cursor = Cursor(text) else { throw .invalid("the cursor is none that a hub gives") }
        guard cursor.log == store.logID.description, cursor.position <= head else { throw .cursorLost }
        guard try self.cursor(at: cursor.position) == cursor else { throw .cursorLost }
        return cursor.position
    }

    func status(of id: DeviceID) throws(Problem) -> StatusAnswer {
        guard let device = registry[id] else { throw .badToken }
        return StatusAnswer(
            log: store.logID.description, head: head, digest: digest.value, ackedThrough: store.versionVector, waiting: store.waitingCount,
            connected: connectedDevices.count, workspace: name, device: device, lag: seen[id]?.position.map { head - $0 })
    }

    func devices() -> [DeviceLine] {
        let connected = connectedDevices
        return registry.devices.map { device in
            DeviceLine(
                device: device, lastSeen: seen[device.id]?.time, lag: seen[device.id]?.position.map { head - $0 },
                isConnected: connected.contains(device.id))
        }
    }

    /// Devices with a socket that is open.
    var connectedDevices: Set<DeviceID> { [] }
}
