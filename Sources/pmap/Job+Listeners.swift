// Who listens to a run of this job, and where that is written.

import Bytes
import Inputs
import Monitor
import Posix
import ProcessPool
import Script

extension Job {
    func listeners(_ script: LoadedScript, _ reporter: Reporter, directory: Int32) throws(UsageError)
        -> [any RunListener]
    {
        let texts = ItemTexts(script, self, directory: directory)
        let names = ItemNames {
            inputs[$0.payload.input].nameAround
        } append: {
            texts.append($0, in: $1, to: &$2)
        }
        var listeners: [any RunListener] = []
        if let path = logs.joblog { listeners.append(JobLog(names, write: try reporter.writer("--joblog", path))) }
        if let path = logs.trace {
            let title = "pmap \(script.name)"
            listeners.append(TraceLog(names, title: title, write: try reporter.writer("--trace", path)))
        }
        if let medium = progressMedium {
            let isOpenEnded = plan.halt?.isGoal ?? false
            listeners.append(ProgressListener(medium, reporter, isOpenEnded: isOpenEnded) { name(of: $0, in: $1) })
        }
        return listeners
    }

    /// As for a dry run: no file is emptied.
    mutating func writeNothing() {
        errorsFile = nil
        logs = Logs(Flags())
        progress = false
    }

    /// Files of those who listen.
    struct Logs {
        var joblog, trace: ByteString?

        init(_ flags: Flags) { (joblog, trace) = (flags.joblog, flags.trace) }

        /// Somebody wants to know when each item ran.
        var keepTimes: Bool { joblog != nil || trace != nil }
    }
}

extension Reporter {
    /// What takes whole lines for `path`, or standard error for `-`.
    fileprivate func writer(_ option: String, _ path: ByteString) throws(UsageError) -> ([UInt8]) -> Void {
        if path == "-" { return { [unowned self] in text($0) } }
        let queue = try open(option, path)
        return { queue.append($0) }
    }
}
