// The options as they are meant: the script's and the command line's together.

import Inputs
import Posix
import ProcessPool
import Records
import Script

/// Everything a run is decided by, before anything is loaded or forked but the script.
struct Job {
    enum OnError: String, CaseIterable { case drop, keep, stop }

    var workers: Int
    var form = TaskRunner.Form()
    var plan = HostLoop.Plan()
    var onError: OnError
    var errorsFile: String?
    var spillLimit: Int
    var inputs: [Input]

    private static let defaultSpill = 10 << 30

    /// `files` and `arguments` are what the command line names as input.
    init(_ flags: Flags, files: [String], arguments: [String]?, script: LoadedScript) throws(UsageError) {
        workers = try Flags.workers(flags.jobs, processors: Processors.usable())
        onError = try Job.onError(flags.onError)
        errorsFile = flags.errors
        spillLimit = try Flags.size(flags.spill, "--spill") ?? Job.defaultSpill
        inputs = try Job.inputs(files, arguments, script)
        do throws(RecordError) {
            if flags.null { form.input = .nul }
            if let name = flags.from { form.input = try InputFormat(named: name) }
            if let name = flags.to { form.output = try OutputFormat(named: name) }
        } catch {
            throw UsageError(error.description)
        }
        form.isFilter = flags.filter
        form.keepsInput = flags.errors != nil
        plan.workers = max(workers, 1)
        plan.chunkItems = try Flags.count(flags.chunk, "--chunk")
        plan.itemsPerWorker = try Flags.count(flags.maxTasks, "--max-tasks")
        plan.isOrdered = !flags.unordered
        plan.stopsAtFailure = onError == .stop
    }

    private static func onError(_ text: String?) throws(UsageError) -> OnError {
        guard let text else { return .drop }
        guard let choice = OnError(rawValue: text) else {
            throw UsageError("--on-error takes drop, keep or stop, not “\(text)”")
        }
        return choice
    }

    /// FILE or `:::`, else the script's `inputs`, else standard input.
    private static func inputs(_ files: [String], _ arguments: [String]?, _ script: LoadedScript) throws(UsageError) -> [Input] {
        if let arguments {
            if let file = files.first { throw UsageError("\(file): either files or ::: items, not both") }
            return [.arguments(arguments)]
        }
        if files.isEmpty {
            if let count = script.listedItems { return [.list(count: count)] }
            if script.has(.inputs) { return [.iterator] }
            if StandardDescriptor.isTerminal(StandardDescriptor.input) {
                throw UsageError(
                    "no input: name a FILE, write ::: ITEM …, define inputs in the script, or pipe lines in (- reads the terminal)")
            }
        }
        do throws(PosixError) {
            var inputs: [Input] = []
            for file in files.isEmpty ? ["-"] : files { inputs.append(try Input(path: file)) }
            return inputs
        } catch {
            throw UsageError("\(error.subject): \(error.reason)")
        }
    }

    /// Between records: words of the command line end with NUL, whatever they hold.
    var terminator: UInt8 {
        if case .arguments = inputs.first { return 0 }
        return form.input.terminator
    }
}
