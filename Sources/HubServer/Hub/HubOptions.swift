package import SyncCore

/// How a hub runs.
package struct HubOptions: Sendable {
    /// The data folder.
    package let data: String
    /// An address or a name, and a port, 0 for one that the system chooses.
    package let host: String
    package let port: Int
    /// Files in PEM.
    package let certificate: String?
    package let key: String?
    /// Values of `Origin` that a WebSocket may come with.
    package let origins: [String]
    package let limits: SyncLimits
    package let clock: HubClock
    /// Writes a line of the log.
    package let log: @Sendable ([UInt8]) -> Void

    package init(
        data: String, host: String, port: Int, certificate: String?, key: String?, origins: [String], limits: SyncLimits,
        clock: HubClock, log: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.data = data
        self.host = host
        self.port = port
        self.certificate = certificate
        self.key = key
        self.origins = origins
        self.limits = limits
        self.clock = clock
        self.log = log
    }
}
