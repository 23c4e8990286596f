internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle
internal import SyncCore
internal import UnixSignals

/// Runs a hub until SIGTERM or SIGINT.
package enum HubService {
    private static let diskThreads = 2

    /// - Parameter ready: told the hub's URL and its workspaces once it answers.
    /// - Throws: `HubError`
    package static func run(_ options: HubOptions, ready: @escaping @Sendable (_ url: String, _ workspaces: [String]) -> Void) throws {
        try MultiThreadedEventLoopGroup.singleton.next().makeFutureWithTask {
            try await serve(options, signals: [.sigterm, .sigint], started: { _ in }, ready)
        }.wait()
    }

    /// - Parameters:
    ///   - signals: those that end it.
    ///   - started: handed what ends it.
    static func serve(
        _ options: HubOptions, signals: [UnixSignal], started: @escaping @Sendable (ServiceGroup) -> Void,
        _ ready: @escaping @Sendable (_ url: String, _ workspaces: [String]) -> Void
    ) async throws {
        guard options.certificate != nil || isLoopback(options.host) else { throw HubError.needsTLS(host: options.host) }
        let tls = try options.certificate.map { try configuration(certificate: $0, key: options.key ?? $0) }
        let folder = HubFolder(path: options.data)
        try folder.prepare()
        let lock = try await lock(folder)
        defer { lock.release() }
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: diskThreads)
        let logger = logger(options)
        let hub = Hub(folder, limits: options.limits, clock: options.clock, threads: threads) { workspace, events, total in
            logger.notice("reading the log", metadata: ["workspace": "\(workspace)", "events": "\(events)", "of": "\(total)"])
        } failed: {
            // What is on the disk is not known any more: whoever starts it again reads it anew.
            logger.critical("the disk refused")
            exit(1)
        }
        try await hub.open()
        let admin = try await AdminServer.start(hub, folder, options.clock)
        do {
            let application = try await application(options, hub, tls, logger, ready)
            // They are stopped from the last one to the first: what waits has to end before the connections do.
            let services: [any Service] = [application, GoingDown(hub: hub)]
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(services: services, gracefulShutdownSignals: signals, logger: logger))
            started(group)
            do { try await group.run() } catch let error as IOError {
                throw HubError.cannotListen(address: "\(options.host):\(options.port)", reason: error.description)
            }
        } catch {
            await admin.stop()
            try? await hub.close()
            throw error
        }
        await admin.stop()
        try await hub.close()
        try await threads.shutdownGracefully()
    }

    /// Whoever makes an invitation while no hub runs has it for a moment.
    private static func lock(_ folder: HubFolder) async throws -> HubLock {
        for _ in 0..<20 {
            do throws(HubError) { return try HubLock(folder) } catch { guard case .alreadyRunning = error else { throw error } }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try HubLock(folder)
    }

    private static func application(
        _ options: HubOptions, _ hub: Hub, _ tls: TLSConfiguration?, _ logger: Logger,
        _ ready: @escaping @Sendable (_ url: String, _ workspaces: [String]) -> Void
    ) async throws -> some Service {
        let upgrade = SocketUpgrade(hub: hub, origins: options.origins)
        let plain = HTTPServerBuilder { responder in
            HubChannel(responder: responder, upgrade: upgrade, limits: options.limits)
        }
        let server = try tls.map { try HTTPServerBuilder.tls(plain, tlsConfiguration: $0) } ?? plain
        let names = await hub.names
        return Application(
            responder: HubResponder(hub: hub, traffic: Traffic()), server: server,
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port), serverName: nil),
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? options.port
                let host = options.host.contains(":") ? "[\(options.host)]" : options.host
                ready("\(tls == nil ? "http" : "https")://\(host):\(port)", names)
            }, eventLoopGroupProvider: .singleton, logger: logger)
    }

    private static func logger(_ options: HubOptions) -> Logger {
        Logger(label: "syncline") { _ in HubLogHandler(clock: options.clock, write: options.log) }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static func configuration(certificate: String, key: String) throws(HubError) -> TLSConfiguration {
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv13
            configuration.applicationProtocols = ["http/1.1"]
            return configuration
        } catch { throw .badCertificate(reason: "\(error)") }
    }
}

/// Ends what waits when the hub is asked to stop: the connections would be waited for.
private struct GoingDown: Service {
    let hub: Hub

    func run() async throws {
        try? await gracefulShutdown()
        await hub.endWaiting()
    }
}
