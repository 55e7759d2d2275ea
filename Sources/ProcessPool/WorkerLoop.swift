// A worker's main loop: a chunk comes down the pipe, the body runs it, what it gave goes up, until it is told to leave.

package import Bytes
import Posix
package import Wire

/// What runs in a worker; it knows nothing of pipes.
package protocol WorkerBody: AnyObject {
    /// Runs once after the fork, or says why it cannot work. `worker` counts from 1; without a `capture` nobody has what it
    /// prints when it dies.
    func setUp(worker: Int, capture: consuming Capture?, outbox: inout Outbox) -> Failure?
    /// Results are rows under these columns from now on.
    func use(columns: FrozenBytes)
    /// Runs the items of `chunk` in order, from `next` on, and tells the outbox of each. False when it is to be the
    /// worker's last: another one does what is left of it, if it is to be done.
    func run(_ chunk: Chunk, outbox: inout Outbox) -> Bool
    /// Runs once before the worker leaves in good order; tells the outbox when a death would cost something from there on.
    func tearDown(outbox: inout Outbox)
}

/// A worker after its fork.
package struct WorkerLoop: ~Copyable {
    private let number: Int
    private let commands: Descriptor
    private var received = ByteBuffer(capacity: 4096)
    private var outbox: Outbox
    private var capture: Capture?
    private let host = Machine.parentNumber()
    /// When it was last seen to that this process ends with the host, whatever `setup` or a task has done about that.
    private var lastCare = 0

    private static let readSize = 64 << 10
    private static let careInterval = 1_000_000_000

    init(
        number: Int, commands: consuming Descriptor, results: consuming Descriptor, outbox buffer: consuming ByteBuffer,
        _ status: StatusWords, capture: consuming Capture
    ) {
        self.number = number
        self.capture = consume capture
        self.commands = commands
        let pipe = ResultPipe(results)
        outbox = Outbox(buffer, status) { pipe.send($0) }
    }

    /// Works until the host says to leave, or is gone.
    package mutating func run(_ body: some WorkerBody) {
        if let failure = body.setUp(worker: number + 1, capture: capture.take(), outbox: &outbox) {
            outbox.setupFailed(failure)
            return
        }
        outbox.ready()
        while let chunk = nextChunk(body) {
            let start = Clock.now()
            if start - lastCare >= WorkerLoop.careInterval {
                Child.renewParentDeathSignal(of: host)
                lastCare = start
            }
            outbox.beginChunk(first: chunk.next, items: chunk.remaining)
            if !outbox.isStopped && !body.run(chunk, outbox: &outbox) { break }
            outbox.endChunk(nanoseconds: Clock.now() - start)
        }
        body.tearDown(outbox: &outbox)
        outbox.flush()
        outbox.left()
    }

    /// Makes items instead of running them, until there are no more.
    mutating func produce(_ produce: (inout Outbox) -> Failure?) {
        outbox.ready()
        if let failure = produce(&outbox) { outbox.inputFailed(failure) }
        outbox.flush()
        outbox.left()
    }

    /// Joins results instead of running items: what `body` collects, until the host says that this was all.
    mutating func join(_ body: some JoinerBody) {
        outbox.ready()
        if let failure = body.collect(capture: capture.take(), outbox: &outbox) {
            outbox.joinFailed(failure)
        } else if case .leave? = nextCommand() {
            if let failure = body.finish(outbox: &outbox) { outbox.joinFailed(failure) }
        } else {
            return
        }
        outbox.flush()
        outbox.left()
    }

    private mutating func nextChunk(_ body: some WorkerBody) -> Chunk? {
        while true {
            switch nextCommand() {
            case .run(let chunk): return chunk
            case .use(let columns): body.use(columns: columns)
            case .leave, nil: return nil
            case .job, .bytes, .pulse, .stop, .suspend: break  // for remotes
            }
        }
    }

    private mutating func nextCommand() -> Command? {
        while true {
            if let command = Command.take(from: &received) { return command }
            guard case .bytes(let count)? = try? commands.read(appendingTo: &received, limit: WorkerLoop.readSize),
                count > 0
            else { return nil }
        }
    }
}

/// The pipe to the host; when that is gone there is nobody to work for.
private final class ResultPipe {
    private let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    func send(_ batch: borrowing ByteBuffer) {
        do { try descriptor.writeAll(batch) } catch { Child.exitNow() }
    }
}
