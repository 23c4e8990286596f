internal import ArgumentParser
internal import EventCore
internal import HubServer
internal import SyncCore

/// Runs a hub.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run a hub: it passes events on between devices.",
        discussion:
            "Prints one line of JSON with `listening` and `workspaces` when it answers, and logs to stderr; SIGTERM ends it in order. Beyond this machine it wants TLS. Example:\n\n  syncline serve --data hub --listen 127.0.0.1:7420"
    )

    @Option(help: ArgumentHelp("The hub's folder; made when it is not there.", valueName: "dir")) var data: String
    @Option(help: ArgumentHelp("Where to listen; port 0 lets the system choose.", valueName: "host:port")) var listen = "127.0.0.1:7420"
    @Option(help: ArgumentHelp("The certificate and those above it, in PEM.", valueName: "file")) var tlsCert: String?
    @Option(help: ArgumentHelp("The certificate's key, in PEM.", valueName: "file")) var tlsKey: String?
    @Option(help: ArgumentHelp("A web page's origin that may open a socket; may be repeated.", valueName: "origin"))
    var origin: [String] = []
    @Option(help: ArgumentHelp("How long a device's token is good, until it proves its key again: 90s, 15min, 1h, 7d.", valueName: "time"))
    var tokenTtl = "1h"
    @Option(help: ArgumentHelp("How long a request's body may take to come.", valueName: "time")) var bodyTime = "60s"
    @Option(
        help: ArgumentHelp(
            "How large a workspace's log may grow: bytes, or 500MB, 20GB, 1TB. Beyond, pushes are refused whole and pulls go on; without it the disk is the limit.",
            valueName: "size"))
    var quota: String?
    @Flag(help: "Print JSON; the ready line always is.") var json = false

    func run() throws {
        guard let colon = listen.lastIndex(of: ":"), let port = UInt16(listen[listen.index(after: colon)...]) else {
            throw ConsoleError.usage("“\(listen)” wants HOST:PORT", hint: "for example 127.0.0.1:7420")
        }
        let host = listen[..<colon].trimmingBrackets
        guard !host.isEmpty, (tlsCert == nil) == (tlsKey == nil) else {
            throw ConsoleError.usage(host.isEmpty ? "--listen wants HOST:PORT" : "--tls-cert and --tls-key go together")
        }
        var limits = SyncLimits()
        limits.tokenMilliseconds = try Self.time(tokenTtl)
        limits.bodyMilliseconds = try Self.time(bodyTime)
        limits.quotaBytes = try quota.map(Self.size)
        let options = HubOptions(
            data: data, host: host, port: Int(port), certificate: tlsCert, key: tlsKey, origins: origin, limits: limits,
            clock: Machine.hubClock, log: { Output.log($0) })
        try HubService.run(options) { url, workspaces in
            let output = Output()
            output.object { writer in
                writer.key("listening")
                writer.string(url)
                writer.key("workspaces")
                writer.beginArray()
                for workspace in workspaces { writer.string(workspace) }
                writer.endArray()
            }
            output.flush()
        }
    }
}

extension ServeCommand {
    fileprivate static func time(_ text: String) throws -> UInt64 {
        guard let milliseconds = Arguments.milliseconds(text), milliseconds > 0 else {
            throw ConsoleError.usage("“\(text)” is no time", hint: "for example 90s, 15min, 1h, 7d")
        }
        return milliseconds
    }
}

extension ServeCommand {
    fileprivate static func size(_ text: String) throws -> UInt64 {
        guard let bytes = Arguments.bytes(text), bytes > 0 else {
            throw ConsoleError.usage("“\(text)” is no size", hint: "for example 1000000, 500MB, 20GB, 1TB")
        }
        return bytes
    }
}

extension Substring {
    /// An IPv6 address without the brackets that a port needs.
    fileprivate var trimmingBrackets: String { hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : String(self) }
}
