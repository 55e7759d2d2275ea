// What program is to be run with which surroundings, and why it could not be.

package import Wire

/// What is to be run, with which surroundings. Words and names are bytes: nothing says that they are UTF-8.
package struct ProgramPlan {
    package enum Stream: Equatable {
        case null
        /// A pipe to this process.
        case pipe
        /// The same as standard output.
        case output
        case descriptor(Int32)
    }

    package var words: [[UInt8]]
    /// NAME=VALUE each; nil for those of this process.
    package var environment: [[UInt8]]?
    package var folder: [UInt8]?
    package var streams: [Stream] = [.null, .descriptor(1), .descriptor(2)]

    package init(words: [[UInt8]]) { self.words = words }

    /// Where the program may be, as execvp(3) has it.
    var paths: [[UInt8]] {
        let name = words.first ?? []
        if name.contains(UInt8(ascii: "/")) || name.isEmpty { return [name] }
        let prefix = Array("PATH=".utf8)
        let ours = Environment.value("PATH")?.bytes
        let given = environment.map { $0.last { $0.starts(with: prefix) }.map { Array($0.dropFirst(5)) } } ?? ours
        return (given ?? Array("/bin:/usr/bin".utf8)).split(
            separator: UInt8(ascii: ":"), omittingEmptySubsequences: false
        )
        .map { $0.isEmpty ? name : Array($0) + [UInt8(ascii: "/")] + name }
    }
}

/// Why a program was not started.
package struct ProgramError: Error, Equatable, CustomStringConvertible {
    package enum Step { case process, stream, folder, program }

    package let step: Step
    package let cause: PosixError
    /// The program as its first word names it, and where it was to be run.
    package let name: ByteString
    package let folder: ByteString?

    init(_ step: Step, _ cause: PosixError, _ plan: ProgramPlan) {
        (self.step, self.cause) = (step, cause)
        name = ByteString(plan.words.first ?? [])
        folder = plan.folder.map { ByteString($0) }
    }

    package var description: String {
        switch step {
        case .process: "cannot run \(name): \(cause)"
        case .stream: "cannot run \(name): one of its standard streams: \(cause.reason)"
        case .folder: "cannot run \(name) in \(folder ?? "."): \(cause.reason)"
        case .program where cause.isMissing && !name.contains("/"):
            "cannot run \(name): no program of that name in PATH"
        case .program where cause.isMissing && isThere:
            "cannot run \(name): the interpreter that its first line names is missing"
        case .program: "cannot run \(name): \(cause.reason)"
        }
    }

    private var isThere: Bool {
        let path = name.hasPrefix("/") ? name : (folder.map { $0 + "/" } ?? "") + name
        return (try? FileKind(path: path)) != nil
    }
}
