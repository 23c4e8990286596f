// swift-tools-version: 6.2
import PackageDescription

/// One list of settings for every target of ours: warnings are errors here and nowhere else, so dependencies stay out of it.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")
/// Sockets, HTTP/1.1, WebSocket and TLS, for the hub and for its client.
let network: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let server: [Target.Dependency] =
    network + [
        .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"), .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ]
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "syncline",
    products: [
        .executable(name: "syncline", targets: ["syncline"]),
        // Not `Syncline`: a file system that ignores case would take it for the command.
        .library(name: "SynclineKit", targets: ["SynclineKit"]),
        .executable(name: "simulate", targets: ["simulate"]),
        // Linked by hand with a fuzzer, whose main would be a second one in an executable of the package.
        .library(name: "Fuzzing", type: .static, targets: ["Fuzzing"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        // Without its traits it does not need all of Foundation, whose start costs every command.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CChecksum"),
        .target(name: "CFiles"),
        .target(name: "CMemory"),
        .target(name: "CReadline", linkerSettings: [.linkedLibrary("readline")]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "EventCore", dependencies: ["CChecksum", "CMemory"], swiftSettings: settings),
        .target(name: "LogStore", dependencies: ["CFiles", "EventCore", crypto], swiftSettings: settings),
        .target(name: "SyncCore", dependencies: ["EventCore"], swiftSettings: settings),
        .target(name: "ReplicaEngine", dependencies: ["EventCore", "LogStore", "SyncCore", crypto], swiftSettings: settings),
        .target(
            name: "HubStore", dependencies: ["EventCore", "LogStore", "ReplicaEngine", "SyncCore", crypto], swiftSettings: settings),
        .target(name: "PromptLine", dependencies: ["EventCore"], swiftSettings: settings),
        .target(name: "Workload", dependencies: ["EventCore"], swiftSettings: settings),
        .target(
            name: "Simulation", dependencies: ["EventCore", "HubStore", "LogStore", "PromptLine", "ReplicaEngine", "SyncCore", "Workload"],
            swiftSettings: settings),
        .target(name: "Fuzzing", dependencies: ["Simulation"], swiftSettings: settings),
        .target(
            name: "SyncClient",
            dependencies: [
                "EventCore", "LogStore", "ReplicaEngine", "SyncCore", crypto,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOHTTPCompression", package: "swift-nio-extras"),
            ] + network, swiftSettings: settings),
        .target(
            name: "SynclineKit", dependencies: ["EventCore", "LogStore", "ReplicaEngine", "SyncCore", "SyncClient"], swiftSettings: settings
        ),
        .target(
            name: "HubServer", dependencies: ["EventCore", "HubStore", "LogStore", "ReplicaEngine", "SyncCore", crypto] + server,
            swiftSettings: settings),
        .target(
            name: "Console",
            dependencies: [
                "EventCore", "LogStore", "PromptLine", "ReplicaEngine", "SyncCore", "SyncClient", "HubServer", "Workload", "CReadline",
                "CZlib",
                argumentParser,
                histogram,
            ],
            swiftSettings: settings),
        .executableTarget(name: "syncline", dependencies: ["Console", argumentParser], swiftSettings: settings),
        .executableTarget(name: "simulate", dependencies: ["Simulation", "Workload", argumentParser], swiftSettings: settings),
        .target(name: "EventSamples", dependencies: ["EventCore"], path: "Tests/EventSamples", swiftSettings: settings),
        .testTarget(name: "EventCoreTests", dependencies: ["EventCore", "Simulation", "Workload"], swiftSettings: settings),
        .testTarget(name: "LogStoreTests", dependencies: ["LogStore", "Simulation", "Workload"], swiftSettings: settings),
        .testTarget(
            name: "ReplicaEngineTests", dependencies: ["ReplicaEngine", "Simulation", "SyncCore", "Workload", crypto],
            swiftSettings: settings),
        .testTarget(
            name: "ConsoleTests",
            dependencies: [
                "Console", "EventCore", "LogStore", "PromptLine", "ReplicaEngine", "Simulation", "SyncClient", "SyncCore", "Workload",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "SyncCoreTests", dependencies: ["SyncCore", "EventCore", "EventSamples", "Workload", crypto], swiftSettings: settings),
        .testTarget(
            name: "HubStoreTests",
            dependencies: [
                "HubStore", "EventCore", "EventSamples", "LogStore", "ReplicaEngine", "Simulation", "SyncCore", "Workload", crypto,
            ],
            swiftSettings: settings),
        .testTarget(name: "SimulationTests", dependencies: ["Simulation", "EventCore", "SyncCore"], swiftSettings: settings),
        .testTarget(
            name: "SynclineKitTests",
            dependencies: ["SynclineKit", "EventCore", "HubServer", "LogStore", "ReplicaEngine", "SyncClient", "SyncCore"],
            swiftSettings: settings),
        .testTarget(name: "ConventionTests", swiftSettings: settings),
    ]
)
