// A file that a run writes must be no other file of the same run: it would be emptied, or written twice.

import Bytes
import Posix

/// The files that a command line names, each with its name in messages.
struct FileUses {
    private enum Use {
        case reads, writes
        /// A standard stream; several may append to one file.
        case writesOpen, appendsOpen
    }

    private struct File {
        let name: String
        let use: Use
        let identity: FileIdentity
    }

    private var files: [File] = []
    /// Files that are emptied.
    private var outputs: [(option: String, path: ByteString)] = []

    init(_ flags: Flags, script: ScriptSource, inputs: [ByteString]) {
        if case .file(let path, _) = script { add("the script \(path)", .reads, FileIdentity(path: path)) }
        for path in inputs where path != "-" { add("the input \(path)", .reads, FileIdentity(path: path)) }
        add("standard input", .reads, FileIdentity(open: StandardDescriptor.input))
        for (name, number) in [("output", StandardDescriptor.output), ("error", StandardDescriptor.error)] {
            let use = StandardDescriptor.isAppending(number) ? Use.appendsOpen : .writesOpen
            add("standard \(name)", use, FileIdentity(open: number))
        }
        let written = [
            ("--errors", flags.errors), ("--joblog", flags.joblog), ("--trace", flags.trace),
            ("--report", flags.report),
            ("--stats", flags.stats.flatMap { $0.isEmpty ? nil : $0 }),
        ]
        for case (let option, let path?) in written where path != "-" && Descriptor.number(named: path) == nil {
            outputs.append((option, path))
            add("\(option) \(path)", .writes, FileIdentity(path: path))
        }
        if let path = flags.journal {
            add("--journal \(path)", .writes, FileIdentity(path: path))
            for suffix in ["-wal", "-shm"] {
                let path = path + ByteString(suffix)
                add("\(path) of the journal", .writes, FileIdentity(path: path))
            }
        }
    }

    private mutating func add(_ name: String, _ use: Use, _ identity: FileIdentity?) {
        if let identity { files.append(File(name: name, use: use, identity: identity)) }
    }

    /// Refuses two names of one file, unless that is harmless.
    func check() throws(UsageError) {
        for (option, path) in outputs where FileUses.isDatabase(path) {
            throw UsageError(
                "\(option) \(path): this is a journal, or another database, and is left as it is; name another file")
        }
        for (place, file) in files.enumerated() {
            for other in files[..<place] where other.identity == file.identity {
                switch (other.use, file.use) {
                case (.reads, .reads), (.writesOpen, .writesOpen), (.appendsOpen, .appendsOpen): break
                default: throw UsageError("\(file.name) and \(other.name) are one file; name another one")
                }
            }
        }
    }

    private static func isDatabase(_ path: ByteString) -> Bool {
        guard (try? FileKind(path: path).kind) == .regular else { return false }
        return (try? Descriptor(reading: path).read(count: 15, at: 0)) == Array("SQLite format 3".utf8)
    }
}
