// The loop of a pmap that is the remote of another one: it gets chunks from the host in place of a source, and tells it what
// items come to in place of writing that. All else is as in any run.

package import Bytes
package import Posix
package import Wire

/// The chunks of a host, which are cut into smaller ones.
package protocol SentChunks: ChunkSource {
    func append(_ chunk: Chunk)
    /// The host will send no more.
    func end()
}

/// The columns of the host.
private final class SentTable: ResultTable {
    var columns: FrozenBytes?
    func rows(of described: [UInt8]) throws(Failure) -> [UInt8] { described }
    func takeHeader() -> [UInt8] { [] }
    func end() {}
}

/// Passes on what concerns the host.
private final class RelayObserver: RunObserver {
    private let relay: Relay
    private let say: (Notice) -> Void

    init(_ relay: Relay, _ say: @escaping (Notice) -> Void) { (self.relay, self.say) = (relay, say) }

    func failed(_ item: FailedItem) -> [UInt8] { [] }
    func text(_ bytes: [UInt8]) { relay.append(.standardError(bytes)) }
    func notice(_ notice: Notice) {
        switch notice {
        case .teardownFailed(let failure): relay.append(.teardownFailed(failure))
        case .processFailed(let failure): relay.append(.processFailed(failure))
        default: say(notice)
        }
    }
}

/// Runs what the host sends.
package final class RelayLoop: HostLoop {
    private let host: HostLink
    private let chunks: any SentChunks
    private let table = SentTable()
    private var (lastHeard, nextPulse) = (Clock.now(), 0)
    private var isSuspended = false

    /// Nanoseconds from one sign of life to the next, and after which a silent host is gone.
    private static let (pulseInterval, patience) = (1_000_000_000, 10_000_000_000)

    /// `say` prints what does not concern the host; `work` runs in each forked worker.
    package init(
        _ plan: RunPlan, from host: HostLink, _ chunks: any SentChunks, output: consuming OutputQueue, version: String,
        say: @escaping (Notice) -> Void, work: @escaping (inout WorkerLoop) -> Void
    ) {
        (self.host, self.chunks) = (host, chunks)
        var plan = plan
        plan.isRelayed = true
        plan.table = table
        let relay = Relay(isTimed: plan.keepsTimes)
        relay.append(.greeting(Greeting(version: version, workers: plan.workers, clock: Clock.now())))
        super.init(plan, source: chunks, output: output, observer: RelayObserver(relay, say), work: work)
        self.relay = relay
    }

    /// Tells the host why nothing is run here.
    package static func refuse(_ failure: Failure, to output: borrowing OutputDescriptor) throws(PosixError) {
        var writer = BatchWriter()
        writer.append(.setupFailed(failure))
        let bytes = writer.take()
        var written = 0
        while written < bytes.count {
            guard case .bytes(let count) = try output.write(bytes, from: written) else { return }
            written += count
        }
    }

    /// Runs until the host has had enough; this process is to end then.
    package func run() {
        let (ending, _) = execute()
        switch ending {
        case .completed: relay?.append(.farewell)
        case .joinFailed(let why): relay?.append(.joinFailed(why.failure, of: why.items))
        case .inputFailed(let failure): relay?.append(.inputFailed(failure))
        case .noWorkers(let failure, _): relay?.append(.setupFailed(failure))
        default: break  // the host sees the end of what it is told
        }
        drain()
    }

    override var closing: [Int32] { [host.number] }

    override func watchWorkers(_ poller: inout Poller<Key>) {
        super.watchWorkers(&poller)
        poller.watchReadable(host.number, .host)
    }

    override func hearWorkers(_ key: Key) {
        guard case .host = key else { return super.hearWorkers(key) }
        let (commands, isGone) = host.take()
        lastHeard = Clock.now()
        for command in commands { obey(command) }
        // Workers end with this process.
        if isGone { Child.exitNow() }
    }

    private func obey(_ command: Command) {
        switch command {
        case .run(let chunk):
            relay?.begin(chunk)
            chunks.append(chunk)
            tell(.sourceReady)
        case .use(let columns): table.columns = columns
        case .leave:
            chunks.end()
            tell(.sourceReady)
        case .stop: tell(.stopped)
        case .suspend(let isOn):
            isSuspended = isOn
            for slot in run.presentNumbers { carryOut(.suspend(slot, isOn)) }
        case .job, .bytes, .pulse: break
        }
    }

    override var nextOwn: Int? { [super.nextOwn, nextPulse].compactMap { $0 }.min() }

    override func hearSignals() {
        super.hearSignals()
        let now = Clock.now()
        if now < nextPulse { return }
        nextPulse = now + RelayLoop.pulseInterval
        if !isSuspended && now - lastHeard > RelayLoop.patience { Child.exitNow() }
        relay?.append(.pulse)
    }
}

/// Where the host's commands come from.
package final class HostLink {
    private let descriptor: Descriptor
    private var received = ByteBuffer(capacity: 4096)

    private static let readSize = 256 << 10

    package init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    var number: Int32 { descriptor.number }

    /// What is to be done, which comes first; nil when the host is gone.
    package func takeJob() -> FrozenBytes? {
        while true {
            if let command = Command.take(from: &received) {
                if case .job(let job) = command { return job }
                return nil
            }
            guard case .bytes(let count)? = try? descriptor.read(appendingTo: &received, limit: HostLink.readSize),
                count > 0
            else { return nil }
        }
    }

    /// What has come, and whether the host is gone.
    func take() -> ([Command], isGone: Bool) {
        let read = try? descriptor.readAtOnce(appendingTo: &received, limit: HostLink.readSize)
        var commands: [Command] = []
        while let command = Command.take(from: &received) { commands.append(command) }
        return (commands, read == nil || read == .bytes(0))
    }
}
