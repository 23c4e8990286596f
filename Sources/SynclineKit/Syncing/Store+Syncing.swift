internal import EventCore
internal import ReplicaEngine
internal import SyncClient

extension Store {
    /// The addresses of the hub that the store has joined, the preferred one first; none where it has joined none.
    ///
    /// - Throws: `.closed`, `.damaged`, `.system`
    public func hubs() throws(SynclineError) -> [String] {
        try checkOpen()
        do throws(SyncError) { return try SyncFolder(ofStore: folder).link()?.hubs ?? [] } catch { throw SynclineError(error) }
    }

    /// Whether this device leads its workspace now: it joined as master, syncs in the background, and the hub gave it the lease. Only then does a store that has joined write policies,
    /// the records of `_policy`.
    ///
    /// - Throws: `.closed`
    public func leads() throws(SynclineError) -> Bool {
        try checkOpen()
        return gate.leaseEpoch > 0
    }

    /// Enrols this device at a hub. It makes the device's key, outside the store. Meanwhile the store can be read and written, but for policies, the records of `_policy`.
    ///
    /// - Parameters:
    ///   - hub: `http://` or `https://`, host and port.
    ///   - code: the one-time code of an invitation.
    ///   - authorities: a file of certificates to trust, in PEM; nil for the system's.
    /// - Returns: what the device may do.
    /// - Throws: `.alreadyJoined`, `.badAddress`, `.unreachable`, `.refused`, `.notAllowed` where the code is no good, `.fork`, `.closed`, `.system`
    @discardableResult
    public func join(hub: String, code: String, authorities: String? = nil) async throws(SynclineError) -> Role {
        gate.note(joining: true)
        defer { gate.note(joining: false) }
        let chain = try turn { store in try OwnChain.head(of: store, upTo: store.versionVector[store.device], from: nil) }
        let (device, folder, keys) = (device, folder, keys)
        // The hub is waited for elsewhere, while the store goes on.
        return try await StoreThread().run {
            do throws(SyncError) {
                let link = try Joining.join(
                    [hub], code: code, device: device.id.value, name: device.name, chain: chain, folder: SyncFolder(ofStore: folder),
                    keys: keys,
                    authorities: authorities)
                return .success(Role(rawValue: link.role) ?? .client)
            } catch { return .failure(SynclineError(error)) }
        }
    }

    /// Syncs once: returns when everything written here is at the hub, and everything that the hub has is here. While the store syncs in the background it waits until
    /// that is so. The store can be read and written meanwhile; it does not heed that the task is cancelled.
    ///
    /// - Throws: `.notJoined`, `.unreachable`, `.refused`, `.notAllowed`, `.fork`, `.closed`, `.damaged`, `.system`
    public func sync() async throws(SynclineError) {
        try checkOpen()
        try await syncer.sync()
    }

    /// Stays connected from now on: what is written goes up at once, what others write comes in. Without a network it tries again by itself.
    ///
    /// What it brings is told by `changes()`, how it goes by `syncStatuses()`.
    ///
    /// - Throws: `.notJoined`, `.closed`, `.damaged`, `.system`
    public func startSyncing() async throws(SynclineError) {
        try checkOpen()
        try await syncer.start()
    }

    /// The network is there again, as the app's platform says: a hub that could not be reached is tried at once, and not only when it is its turn, in up to 30 seconds.
    ///
    /// On Linux that is noticed without it, unless the system keeps it from the process, as some containers do.
    public nonisolated func networkReturned() { syncer.networkReturned() }

    /// Returns when nothing behind the store touches it any more. What was written last goes up before, where that takes no time.
    public func stopSyncing() async { await syncer.stop() }

    /// How it stands with the hub.
    public nonisolated var syncStatus: SyncStatus { syncer.current }

    /// How it stands with the hub, now and whenever that changes, warnings included; a loop that is slow gets the newest only. It ends when the store is closed.
    public nonisolated func syncStatuses() -> AsyncStream<SyncStatus> { syncer.statuses() }
}
