// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is held to: architecture rule 9.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Debug builds, which the tests are, check exclusive access; the item loop of a release build does not pay for it.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
    name: "pmap",
    products: [.executable(name: "pmap", targets: ["pmap"])],
    targets: [
        .systemLibrary(name: "CLua", providers: [.apt(["liblua5.4-dev"])]),
        .target(
            name: "CLuaBridge", dependencies: ["CLua", "CPosixBridge"],
            linkerSettings: [.unsafeFlags(["-Xlinker", Context.environment["PMAP_LUA"] ?? "-llua5.4"])]),
        .target(name: "CPosixBridge"),
        .target(
            name: "CJSONBridge", dependencies: ["CLua", "CLuaBridge"], cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.linkedLibrary("simdjson")]),

        .target(
            name: "CRecordBridge", dependencies: ["CLua", "CLuaBridge", "CJSONBridge"],
            cSettings: [.unsafeFlags(["-O2"])]),
        .target(name: "CHashBridge", cSettings: [.unsafeFlags(["-O2"])]),
        .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),

        .target(name: "Bytes", swiftSettings: strict),
        .target(name: "Wire", dependencies: ["Bytes", "CPosixBridge"], swiftSettings: strict),
        .target(
            name: "Lua", dependencies: ["Bytes", "CLua", "CLuaBridge", "LuaModules", "Wire"], swiftSettings: strict),
        .target(name: "Posix", dependencies: ["Bytes", "CPosixBridge"], swiftSettings: strict),
        .target(name: "ProcessPool", dependencies: ["Bytes", "Posix", "Wire"], swiftSettings: strict),
        .target(
            name: "Records", dependencies: ["Bytes", "Lua", "Wire", "CJSONBridge", "CRecordBridge", "CHashBridge"],
            swiftSettings: strict
        ),
        .target(
            name: "Inputs", dependencies: ["Bytes", "Posix", "ProcessPool", "Records", "Wire"], swiftSettings: strict),
        .target(
            name: "Monitor", dependencies: ["Bytes", "Posix", "ProcessPool", "Records", "Wire"], swiftSettings: strict),
        .target(
            name: "ReportPage", exclude: ["page.html", "page.css", "page.js"],
            cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
        .target(
            name: "Report", dependencies: ["Bytes", "Posix", "ProcessPool", "ReportPage", "Wire"],
            swiftSettings: strict),
        .target(name: "Script", dependencies: ["Bytes", "Lua", "Records", "Wire"], swiftSettings: strict),
        .target(
            name: "Journal", dependencies: ["Bytes", "CSQLite", "CHashBridge", "Posix", "Wire"], exclude: ["README.md"],
            swiftSettings: strict,
            // From the archive: finding a shared library takes a fifth of a short run.
            linkerSettings: [.linkedLibrary(":libsqlite3.a"), .linkedLibrary("m")]),
        .target(
            name: "LuaModules", exclude: ["lua", "meta", "README.md"],
            cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
        .target(
            name: "Multiprocessing", dependencies: ["Bytes", "Lua", "Posix"], swiftSettings: strict),
        .executableTarget(
            name: "pmap",
            dependencies: [
                "Bytes", "Journal", "Monitor", "Multiprocessing", "ProcessPool", "Posix", "Inputs", "Report", "Script",
                "Records", "Lua", "Wire",
            ],
            swiftSettings: strict,
            // On other machines the libraries that came with it are beside it.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "$ORIGIN"])]),

        .target(name: "Chance", path: "Tests/Chance", swiftSettings: strict),
        .target(
            name: "SlowReading", dependencies: ["Records"], path: "Tests/SlowReading", swiftSettings: strict),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(name: "WireTests", dependencies: ["Bytes", "Wire", "Chance"], swiftSettings: strict),
        .testTarget(
            name: "LuaTests", dependencies: ["Bytes", "Lua", "Chance"], exclude: ["Vectors"], swiftSettings: strict),
        .testTarget(name: "PosixTests", dependencies: ["Bytes", "Posix", "Chance"], swiftSettings: strict),
        .testTarget(
            name: "ProcessPoolTests", dependencies: ["Bytes", "ProcessPool", "Posix", "Wire", "Chance"],
            swiftSettings: strict),
        .testTarget(
            name: "MonitorTests", dependencies: ["Monitor", "Posix", "ProcessPool", "Wire"], swiftSettings: strict),
        .testTarget(name: "ReportTests", dependencies: ["Report", "ProcessPool", "Wire"], swiftSettings: strict),
        .testTarget(
            name: "RecordsTests", dependencies: ["Bytes", "Records", "Lua"], exclude: ["Vectors"], swiftSettings: strict
        ),
        .testTarget(
            name: "InputsTests",
            dependencies: ["Bytes", "Inputs", "ProcessPool", "Posix", "Records", "SlowReading", "Wire", "Chance"],
            swiftSettings: strict),
        .testTarget(name: "ScriptTests", dependencies: ["Bytes", "Script", "Lua"], swiftSettings: strict),

        .testTarget(
            name: "JournalTests", dependencies: ["Bytes", "Journal", "Wire", "Chance"], swiftSettings: strict),

        // These only run the built pmap.
        .target(name: "Running", path: "Tests/Running", swiftSettings: strict),
        .testTarget(name: "CommandTests", dependencies: ["Running"], swiftSettings: strict),
        .testTarget(name: "ConformanceTests", dependencies: ["Running"], swiftSettings: strict),
        .testTarget(name: "ExampleTests", dependencies: ["Running"], swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)

// The programs of scripts/fuzz, one a line: the folder in Tests/Fuzz, and the modules that it feeds.
if Context.environment["PMAP_FUZZ"] != nil {
    package.targets += [
        fuzz("batches", "Bytes", "Wire"),
        fuzz("commands", "Bytes", "ProcessPool"),
        fuzz("cuts", "Records", "SlowReading"),
        fuzz("decoder", "Bytes", "Lua"),
        fuzz("journal", "Bytes", "Journal", "Wire"),
        fuzz("json", "Bytes", "Records", "Lua"),
        fuzz("msgpack", "Bytes", "Records", "Lua"),

        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzzing/CFuzzer"),
        .target(
            name: "Fuzzing", dependencies: ["CFuzzer", "Chance"], path: "Tests/Fuzzing", exclude: ["CFuzzer"],
            swiftSettings: strict),
    ]
}

// What `scripts/bench pieces` times inside one process.
if Context.environment["PMAP_BENCH"] != nil {
    package.targets.append(
        .executableTarget(
            name: "bench-pieces", dependencies: ["Bytes", "ProcessPool", "Wire"], path: "Tests/Bench/pieces",
            exclude: ["items.sh", "values.lua"], swiftSettings: strict))
}

func fuzz(_ name: String, _ modules: Target.Dependency...) -> Target {
    .executableTarget(
        name: "fuzz-\(name)", dependencies: modules + ["Fuzzing", "Chance"], path: "Tests/Fuzz/\(name)",
        swiftSettings: strict)
}
