// Who listens to a run of this job, and where that is written.

import Bytes
import Inputs
import Monitor
import Posix
import ProcessPool
import Records
import Report
import Script
import Wire

extension Job {
    func listeners(_ reporter: Reporter, _ texts: ItemTexts, script: ByteString) throws(UsageError)
        -> [any RunListener]
    {
        let names = ItemNames {
            inputs[$0.payload.input].nameAround
        } positions: {
            texts.positions(of: $0, in: $1)
        } append: {
            texts.append($0, in: $1, to: &$2)
        } take: {
            texts.take(from: $0, in: $1, $2)
        }
        var listeners: [any RunListener] = []
        if let path = logs.joblog {
            let write = try reporter.writer("--joblog", path)
            listeners.append(
                JobLog(names, hosts: hosts.map(\.name), errorBytes: { errorRecord($0).count }, write: write))
        }
        if let path = logs.trace {
            let title = "pmap \(script)"
            listeners.append(TraceLog(names, title: title, write: try reporter.writer("--trace", path)))
        }
        if logs.stats != nil || logs.report != nil {
            let write = try logs.stats.map { path throws(UsageError) in try reporter.statisticsWriter(path) }
            let listener = StatisticsListener(workers: workers, seed: seed, names) {
                errorRecord($0).count
            } write: {
                write?($0)
            }
            listeners.append(listener)  // before the report, which asks it
            if let path = logs.report {
                listeners.append(
                    try report(script, reporter, path, texts) { Advice.sentences(of: listener.statistics) })
            }
        }
        if let medium = progressMedium {
            let isOpenEnded = plan.halt?.isGoal ?? false
            listeners.append(
                ProgressListener(medium, reporter, isOpenEnded: isOpenEnded) { texts.name(of: $0, in: $1) })
        }
        return listeners
    }

    /// What a failed item gives in place of its record.
    func errorRecord(_ item: FailedItem) -> [UInt8] {
        onError == .keep ? described(item).bytes(as: form.output) : []
    }

    /// Without secrets.
    func described(_ item: FailedItem) -> ErrorRecord {
        var failure = item.failure
        failure.message = secrets.hidden(in: failure.message)
        failure.traceback = failure.traceback.map(secrets.hidden)
        return ErrorRecord(index: item.item, failure: failure, attempts: item.attempts)
    }

    /// As for a dry run: no file is emptied.
    mutating func writeNothing() {
        errorsFile = nil
        logs = Logs(Flags())
        progress = false
    }

    private func report(
        _ script: ByteString, _ reporter: Reporter, _ path: ByteString, _ items: ItemTexts,
        advice: @escaping () -> [String]
    ) throws(UsageError) -> ReportListener {
        let facts = RunFacts(
            command: secrets.hidden(in: "pmap \(secrets.shown(command: command))"), script: "\(script)",
            version: "pmap \(Main.version)", seed: seed, workers: workers, processors: Processors.usable(),
            date: Clock.date())
        let texts = ReportTexts(
            source: { items.name(of: $0, in: $1) }, positions: { items.positions(of: $0, in: $1) },
            text: { item, chunk in
                var text = ByteBuffer()
                let size = items.append(item, in: chunk, to: &text)
                return size == 0 ? nil : String(decoding: text.array, as: UTF8.self)
            }, hidden: secrets.hidden)
        let queue = try reporter.open("--report", path)
        return ReportListener(facts, texts, advice: advice) { queue.append($0) }
    }

    /// Files of those who listen.
    struct Logs {
        var joblog, trace, report: ByteString?
        /// Empty for standard error, as text.
        var stats: ByteString?

        init(_ flags: Flags) {
            (joblog, trace, report, stats) = (flags.joblog, flags.trace, flags.report, flags.stats)
        }

        /// Somebody wants to know when each item ran.
        var keepTimes: Bool { joblog != nil || trace != nil || report != nil || stats != nil }
    }
}

extension Reporter {
    /// What takes whole lines for `path`, or standard error for `-`.
    fileprivate func writer(_ option: String, _ path: ByteString) throws(UsageError) -> ([UInt8]) -> Void {
        if path == "-" { return { [unowned self] in text($0) } }
        let queue = try open(option, path)
        return { queue.append($0) }
    }

    /// What takes the statistics for `path`, or, where that is empty, for the last message.
    fileprivate func statisticsWriter(_ path: ByteString) throws(UsageError) -> (RunStatistics) -> Void {
        if path.isEmpty {
            return { [unowned self] in if $0.isCutShort { print($0.text) } else { end(with: $0.text) } }
        }
        let queue = try open("--stats", path)
        return { queue.append($0.json) }
    }
}
