import Testing

/// What the architecture page promises of every file.
struct ConventionTests {
    private static let lineLimit = 400

    @Test func `no file has grown beyond what one reads in a sitting`() throws {
        for file in try SourceTree().files {
            #expect(file.lines.count <= Self.lineLimit, "\(file) has \(file.lines.count) lines: split it as Type+Topic")
        }
    }

    /// What is banned, where it is allowed all the same, and what to write instead.
    private static let banned: [(call: String, allowed: [String], instead: String)] = [
        ("try!", [], "throw a typed error"),
        ("fatalError(", [], "precondition for our own reasoning, a typed error for everybody else's"),
        ("TODO", ["Tests/ConventionTests/"], "an issue"),
        ("FIXME", ["Tests/ConventionTests/"], "an issue"),
        ("Date()", [], "the wall clock comes in as an argument"),
        (".random(", [], "a generator comes in as an argument"),
        ("SystemRandomNumberGenerator", ["Sources/SyncClient/Host/"], "a generator comes in as an argument"),
        ("print(", ["Sources/simulate/", "Tests/"], "Console/Output writes to the terminal"),
        ("nonisolated(unsafe) static", [], "no global mutable state"),
        (".disabled(", [], "a test that nobody sees fail is none"),
        ("withKnownIssue", [], "mend it"),
        ("-Ounchecked", [], "measured: it gains nothing"),
    ]

    @Test(arguments: banned) func `banned calls stay out`(rule: (call: String, allowed: [String], instead: String)) throws {
        for file in try SourceTree().files where file.isSwift && !file.path.hasPrefix("Tests/ConventionTests/") {
            if rule.allowed.contains(where: { file.path.hasPrefix($0) }) { continue }
            for (number, line) in file.lines.enumerated() where Self.code(line).contains(rule.call) {
                Issue.record("\(file):\(number + 1) has \(rule.call) — instead: \(rule.instead)")
            }
        }
    }

    /// The import table of Sources/README.md: what each target may import.
    private static let mayImport: [String: Set<String>] = [
        "EventCore": ["CChecksum", "CMemory", "Synchronization"],
        "LogStore": ["EventCore", "CFiles", "Crypto", "Glibc", "Synchronization"],
        "SyncCore": ["EventCore"],
        "ReplicaEngine": ["EventCore", "LogStore", "SyncCore", "Crypto", "Glibc", "Synchronization"],
        "HubStore": ["EventCore", "LogStore", "ReplicaEngine", "SyncCore", "Crypto"],
        "PromptLine": ["EventCore"],
        "Workload": ["EventCore"],
        "Simulation": ["EventCore", "HubStore", "LogStore", "PromptLine", "ReplicaEngine", "SyncCore", "Workload", "Synchronization"],
        "SyncClient": [
            "EventCore", "LogStore", "ReplicaEngine", "SyncCore", "AsyncHTTPClient", "Crypto", "Glibc", "NIOCore", "NIOHTTP1",
            "NIOHTTPCompression",
            "NIOPosix", "NIOSSL",
            "NIOWebSocket", "Synchronization",
        ],
        "SynclineKit": ["EventCore", "LogStore", "ReplicaEngine", "SyncClient", "SyncCore", "Synchronization"],
        "HubServer": [
            "EventCore", "HubStore", "LogStore", "ReplicaEngine", "SyncCore", "Crypto", "Glibc", "HTTPTypes", "Hummingbird",
            "HummingbirdCore",
            "HummingbirdTLS",
            "Logging", "NIOCore", "NIOHTTP1", "NIOHTTPCompression", "NIOHTTPTypes", "NIOHTTPTypesHTTP1", "NIOPosix", "NIOSSL",
            "NIOWebSocket",
            "ServiceLifecycle", "UnixSignals", "Synchronization",
        ],
        "Console": [
            "EventCore", "HubServer", "LogStore", "PromptLine", "ReplicaEngine", "SyncClient", "SyncCore", "Workload", "ArgumentParser",
            "CReadline",
            "CZlib",
            "Foundation", "Glibc", "Histogram",
            "Synchronization",
        ],
        "Fuzzing": ["Simulation"],
        "syncline": ["Console", "ArgumentParser"],
        "simulate": ["Simulation", "ArgumentParser"],
    ]

    @Test func `each target imports what the table allows`() throws {
        for file in try SourceTree(folders: ["Sources"]).files where file.isSwift {
            let allowed = try #require(Self.mayImport[file.target], "\(file) is in no room of the table")
            for line in file.lines {
                var words = line.split(separator: " ").map(String.init)
                if let first = words.first, ["package", "public", "internal", "private"].contains(first) { words.removeFirst() }
                guard words.first == "import", let module = words.last else { continue }
                #expect(allowed.contains(module), "\(file) imports \(module)")
            }
        }
    }

    /// The line without its comment.
    private static func code(_ line: String) -> Substring {
        guard let comment = line.firstRange(of: "//") else { return line[...] }
        return line[..<comment.lowerBound]
    }
}
