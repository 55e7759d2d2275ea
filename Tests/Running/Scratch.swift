// A folder that is a test's own: its files, the pmap under test, `await` and `browse` in a bin of its own, and an environment
// with nothing of the caller's in it but PATH. Gone with the last reference.

package import Foundation

package final class Scratch {
    package let path: String
    package let environment: [String: String]
    private let root: URL

    /// The checkout that these tests are part of.
    package static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Where a program that waits for a fact is, and one that opens a page: beside this file's folder, wherever that is
    /// linked to.
    private static let programs = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The program under test: what PMAP names, else the last release build, else the last debug build.
    package static let program: String = {
        let builds = ["release", "debug"].map { checkout.appending(path: ".build/\($0)/pmap").path() }
        return ProcessInfo.processInfo.environment["PMAP"]
            ?? builds.first { FileManager.default.isExecutableFile(atPath: $0) } ?? builds[0]
    }()

    /// With `files` by name; a name with a slash makes the folders in front of it.
    package convenience init(_ files: [String: String] = [:]) throws {
        try self.init()
        for (name, text) in files { try write(Data(text.utf8), to: name) }
    }

    /// With a copy of a folder of this checkout as the work folder.
    package convenience init(copyOf folder: String) throws {
        try self.init()
        try FileManager.default.removeItem(atPath: path)
        let original = Self.checkout.appending(path: folder).resolvingSymlinksInPath()
        try FileManager.default.copyItem(at: original, to: URL(filePath: path))
    }

    private init() throws {
        let files = FileManager.default
        root = files.temporaryDirectory.appending(path: "pmap-test-\(UUID().uuidString)")
        let bin = root.appending(path: "bin")
        path = root.appending(path: "work").path()
        try files.createDirectory(at: bin, withIntermediateDirectories: true)
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: bin.appending(path: "pmap").path(), withDestinationPath: Self.program)
        for name in ["await", "browse"] {
            try files.createSymbolicLink(
                at: bin.appending(path: name), withDestinationURL: Self.programs.appending(path: name))
        }
        let caller = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        environment = ["PATH": bin.path() + ":" + caller, "TMPDIR": root.path(), "LC_ALL": "C"]
    }

    deinit { try? FileManager.default.removeItem(at: root) }

    package func write(_ data: Data, to name: String) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    package func text(of name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path).appending(path: name)), as: UTF8.self)
    }
}
