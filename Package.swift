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
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "syncline",
    products: [
        .executable(name: "syncline", targets: ["syncline"]),
        .executable(name: "simulate", targets: ["simulate"]),
        // Linked by hand with a fuzzer, whose main would be a second one in an executable of the package.
        .library(name: "Fuzzing", type: .static, targets: ["Fuzzing"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        .target(name: "CChecksum"),
        .target(name: "CMemory"),
        .target(name: "CReadline", linkerSettings: [.linkedLibrary("readline")]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "EventCore", dependencies: ["CChecksum", "CMemory"], swiftSettings: settings),
        .target(name: "LogStore", dependencies: ["EventCore", crypto], swiftSettings: settings),
        .target(name: "SyncCore", dependencies: ["EventCore"], swiftSettings: settings),
        .target(name: "ReplicaEngine", dependencies: ["EventCore", "LogStore", crypto], swiftSettings: settings),
        .target(name: "Workload", dependencies: ["EventCore"], swiftSettings: settings),
        .target(name: "Simulation", dependencies: ["EventCore", "LogStore", "ReplicaEngine", "Workload"], swiftSettings: settings),
        .target(name: "Fuzzing", dependencies: ["Simulation"], swiftSettings: settings),
        .target(
            name: "Console",
            dependencies: ["EventCore", "LogStore", "ReplicaEngine", "Workload", "CReadline", "CZlib", argumentParser, histogram],
            swiftSettings: settings),
        .executableTarget(name: "syncline", dependencies: ["Console", argumentParser], swiftSettings: settings),
        .executableTarget(name: "simulate", dependencies: ["Simulation", "Workload", argumentParser], swiftSettings: settings),
        .testTarget(name: "EventCoreTests", dependencies: ["EventCore", "Simulation", "Workload"], swiftSettings: settings),
        .testTarget(name: "LogStoreTests", dependencies: ["LogStore", "Simulation", "Workload"], swiftSettings: settings),
        .testTarget(
            name: "ReplicaEngineTests", dependencies: ["ReplicaEngine", "Simulation", "Workload", crypto],
            swiftSettings: settings),
        .testTarget(
            name: "ConsoleTests", dependencies: ["Console", "EventCore", "LogStore", "ReplicaEngine", "Simulation", "Workload"],
            swiftSettings: settings),
        .testTarget(name: "SyncCoreTests", dependencies: ["SyncCore", "EventCore", "Workload", crypto], swiftSettings: settings),
        .testTarget(name: "ConventionTests", swiftSettings: settings),
    ]
)
