// Why a program was not started: the step that failed, and the system's reason.

package import Bytes

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
