// `pmap worker`: what a host starts on another machine. Standard input has its commands, and standard output is for what it is
// told; both are nobody else's.

import Bytes
import Inputs
import Lua
import Posix
import ProcessPool
import Records
import Script
import Wire

/// The remote of a host.
struct RemoteCommand: ~Copyable {
    private let host: HostLink
    private let output: OutputDescriptor

    private init(host: HostLink, output: consuming OutputDescriptor) {
        self.host = host
        self.output = output
    }

    /// Takes the standard streams.
    static func make() throws(UsageError) -> RemoteCommand {
        if StandardDescriptor.isTerminal(StandardDescriptor.input) {
            throw UsageError(
                "pmap --on WHERE starts pmap worker on another machine; it is nothing to type; a script of that name is ./worker"
            )
        }
        do throws(PosixError) {
            let command = RemoteCommand(
                host: HostLink(try Descriptor(copying: StandardDescriptor.input)),
                output: try OutputDescriptor(copying: StandardDescriptor.output))
            StandardDescriptor.redirectToNull(StandardDescriptor.input)
            StandardDescriptor.redirectToNull(StandardDescriptor.output)
            return command
        } catch {
            throw UsageError("worker: \(error.description)")
        }
    }

    /// Works until the host has had enough.
    consuming func run() throws(UsageError) -> Never {
        guard let bytes = host.takeJob() else { Process.exit(ExitCode.usage.rawValue) }
        Process.markAsOriginal()
        let (script, job): (LoadedScript, Job)
        do throws(UsageError) { (script, job) = try RemoteCommand.load(bytes) } catch {
            try? RelayLoop.refuse(Failure(.error, error.description, traceback: error.traceback), to: output)
            Process.exit(ExitCode.usage.rawValue)
        }
        let reporter = try Reporter(job, script, ItemTexts(script, job, directory: -1))
        let worker = ItemWorker(script, job, directory: -1, mode: .inWorker)
        script.freeze()
        Signal.catchSignals()
        RelayLoop(
            job.planAsRemote, from: host, SentSource(job.inputs, job.layout.framing),
            output: OutputQueue(output, spillFolders: [], spillLimit: 0), version: Main.remoteVersion,
            say: { reporter.notice($0) }
        ) { loop in
            reporter.closeInherited()
            loop.run(worker)
        }.run()
        Signal.release()
        for message in script.hooks?.finish(nil) ?? [] { Reporter.print(message) }
        withExtendedLifetime((script, worker)) { Process.exit(0) }
    }

    /// The script, and the job as it is here.
    private static func load(_ bytes: FrozenBytes) throws(UsageError) -> (LoadedScript, Job) {
        guard let sent = RemoteJob(bytes), sent.version == Main.remoteVersion else {
            let other = RemoteJob.version(of: bytes) ?? "another pmap"
            throw UsageError("pmap \(Main.remoteVersion) is there, and \(other) here")
        }
        let line = try CommandLine(sent.words)
        let source = try JobCommand.scriptAndFiles(line.flags).0
        let script = try source.load(line.flags, seed: sent.seed, sent)
        let flags = try line.flags(over: script.checkedOptions(), of: script.name)
        var job = try Job(flags, script: script, seed: sent.seed) { _, _ in sent.inputs.map { .elsewhere($0) } }
        if let workers = sent.workers { (job.workers, job.plan.workers) = (workers, workers) }
        job.errorsFile = nil  // the host's
        script.seedRandom(sent.seed)
        return (script, job)
    }
}

extension Job {
    /// The plan of a remote: what the host decides is not decided there.
    fileprivate var planAsRemote: RunPlan {
        var plan = plan
        plan.retries = RetryPolicy()
        plan.halt = nil
        plan.pace = .near
        return plan
    }
}
