// The host's end of the connection to a pmap on another machine: the program that leads there, such as ssh, and its streams.
// Entirely passive: it is told when its descriptors are ready.

package import Bytes
import Posix
package import Wire

/// A machine that works, and how it is reached.
package struct RemotePlan {
    /// Its name in messages.
    package let name: String
    /// Of the program that is expected there.
    package let version: String
    /// The program whose standard streams lead to `pmap worker` there.
    package let words: [[UInt8]]
    /// What is to be done there.
    package let job: FrozenBytes
    /// Nil where nobody asks.
    package let delivery: Delivery?

    /// What a host says first that may lack the program: in a line of its own that it is there, or that it is wanted and by
    /// what kind of machine; it reads a line with its size then, and the program.
    package struct Delivery {
        package let isHere, isWanted: String
        /// Why it does not run on such a machine, if it does not.
        package let refusal: (Substring) -> String?
        /// The program; an error says why there is none to be had.
        package let program: () -> Result<FrozenBytes, Failure>

        package init(
            isHere: String, isWanted: String, refusal: @escaping (Substring) -> String?,
            program: @escaping () -> Result<FrozenBytes, Failure>
        ) {
            (self.isHere, self.isWanted, self.refusal, self.program) = (isHere, isWanted, refusal, program)
        }
    }

    package init(name: String, version: String, words: [[UInt8]], job: FrozenBytes, delivery: Delivery? = nil) {
        (self.name, self.version, self.words, self.job, self.delivery) = (name, version, words, job, delivery)
    }
}

/// One connection, from the start of its program to the end of what that writes.
final class RemoteHandle {
    let number: Int
    let host: String
    /// Of the program.
    private let name: String
    private let version: String
    private let program: StartedProgram
    private let commands: Descriptor
    private let results: Descriptor
    private var unsent = CommandQueue()
    private var reader: BatchReader
    private let job: FrozenBytes
    /// Nil once it is known that the program is there.
    private var delivery: RemotePlan.Delivery?
    /// What is to be sent once that is known.
    private var held: [Command] = []
    /// The remote's clock is behind ours by so many nanoseconds, once it has greeted.
    private var clockOffset: Int?
    private var hasLeft = false
    private var knowsColumns = false
    /// Why it was ended by the host.
    private var reason: String?
    private var isDistrusted = false
    private var isSuspended = false
    /// Nothing more will come.
    private(set) var isSilent = false
    /// The program has ended.
    var hasEnded = false
    private var endTime: Int?
    private var (lastHeard, nextPulse) = (0, 0)

    /// Nanoseconds from one sign of life to the next, and after which a silent remote is lost.
    private static let (pulseInterval, patience) = (1_000_000_000, 10_000_000_000)
    private static let lastPatience = 2_000_000_000
    private static let readSize = 256 << 10
    /// Then the others have their turn.
    private static let readsAtOnce = 16

    /// Starts the program; what it and the remote write to standard error goes to `errors`.
    init(number: Int, _ plan: RemotePlan, errors: Int32, isTimed: Bool) throws(ProgramError) {
        self.number = number
        (host, version) = (plan.name, plan.version)
        name = String(decoding: plan.words[0], as: UTF8.self)
        var program = ProgramPlan(words: plan.words)
        program.streams = [.pipe, .pipe, .descriptor(errors)]
        program.isApart = true
        let started = try StartedProgram.start(program)
        self.program = started
        reader = BatchReader(isTimed: isTimed)
        commands = Descriptor(owning: started.takeEnd(of: 0) ?? -1)
        results = Descriptor(owning: started.takeEnd(of: 1) ?? -1)
        commands.setNonBlocking()
        results.setNonBlocking()
        (job, delivery) = (plan.job, plan.delivery)
        if delivery == nil { send(.job(job)) }
    }

    var pid: Int32 { program.pid }
    var isReady: Bool { clockOffset != nil }
    /// Readable when it has told something, or is gone.
    var resultsNumber: Int32 { results.number }
    /// Writable when its pipe takes more, if it has to.
    var commandsNumber: Int32? { unsent.isEmpty ? nil : commands.number }
    var descriptors: [Int32] { [commands.number, results.number, program.pidfdNumber] }

    // MARK: What it is told

    /// The columns, if there are some that it was not told of, come before the chunk.
    func send(_ chunk: Chunk, _ columns: FrozenBytes?) {
        if let columns, !knowsColumns {
            knowsColumns = true
            send(.use(columns: columns))
        }
        send(.run(chunk))
    }

    func send(_ command: Command) {
        if command == .suspend(true) { isSuspended = true }
        if command == .suspend(false) { (isSuspended, lastHeard) = (false, Clock.now()) }
        if delivery != nil { return held.append(command) }
        unsent.append(command)
        send()
    }

    /// Writes what the pipe takes now. One that is gone takes nothing; its end is told elsewhere.
    func send() {
        do throws(PosixError) { try unsent.write(to: commands) } catch { unsent.removeAll() }
    }

    /// Sends a sign of life, if that is due. Where none has come for too long, though `isHeard`, the connection is ended.
    func look(now: Int, isHeard: Bool) {
        if !isReady || isSuspended { return }
        if !isHeard { lastHeard = now }
        if now - lastHeard > RemoteHandle.patience { end("nothing was heard of it for 10 s") }
        if now < nextPulse { return }
        nextPulse = now + RemoteHandle.pulseInterval
        send(.pulse)
    }

    var nextLook: Int? {
        endTime.map { $0 + RemoteHandle.lastPatience } ?? (isReady && !isSuspended ? nextPulse : nil)
    }

    /// Ends the connection, from which the remote learns that it is to end.
    func end(_ why: String? = nil) {
        reason = reason ?? why
        program.send(Signal.kill)
    }

    /// What it tells is not to be believed any more.
    func distrust() {
        isDistrusted = true
        end("it told of items that it does not have")
    }

    // MARK: What it tells

    /// What has come. What is no batch ends the connection.
    func takeEntries() -> [Entry] {
        var entries: [Entry] = []
        do {
            for _ in 0..<RemoteHandle.readsAtOnce {
                let read = try results.read(appendingTo: &reader.received, limit: RemoteHandle.readSize)
                guard case .bytes(let count) = read else { break }
                if count == 0 {
                    isSilent = true
                    break
                }
                lastHeard = Clock.now()
                if delivery != nil { hearAnswer() }
                if delivery == nil { entries += try reader.readEntries() }
            }
            if delivery == nil { entries += try reader.readEntries() }
        } catch {
            end("what it sent is not what a pmap sends\(isReady ? "" : Self.advice)")
            isDistrusted = true
        }
        return isDistrusted ? [] : entries.filter(isForRun)
    }

    /// Whether the program is there; what a shell says in front of that is no matter.
    private func hearAnswer() {
        guard let delivery, let end = reader.received.array.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let lines = String(decoding: reader.received.array(0..<end), as: UTF8.self).split(separator: "\n")
        if lines.contains(where: { $0 == delivery.isHere }) {
            self.delivery = nil
        } else if let wish = lines.first(where: { $0.hasPrefix(delivery.isWanted) }) {
            self.delivery = nil
            if let refusal = delivery.refusal(wish.dropFirst(delivery.isWanted.count)) { return self.end(refusal) }
            switch delivery.program() {
            case .failure(let failure): return self.end(failure.message)
            case .success(let program):
                unsent.append(.bytes(FrozenBytes(Array("\(program.count)\n".utf8))))
                unsent.append(.bytes(program))
            }
        } else {
            return
        }
        reader.received.reset()
        unsent.append(.job(job))
        for command in held { unsent.append(command) }
        held = []
        send()
    }

    private static let keyAdvice =
        "; questions are not answered: a key in ssh-agent, or one without a passphrase, lets pmap in"
    private static let advice = "; does a shell there print something at its start?"

    private func isForRun(_ entry: Entry) -> Bool {
        switch entry {
        case .greeting(let greeting):
            if greeting.version != version {
                end("pmap \(greeting.version) is there, and \(version) here")
                return false
            }
            clockOffset = Clock.now() - greeting.clock
            return true
        case .farewell:
            hasLeft = true
            return false
        case .pulse: return false
        default: return true
        }
    }

    /// Of the items that the entries taken since the last call finish, by the clock of this machine.
    func takeTimes() -> [ItemTime] { reader.takeTimes().map { $0.shifted(by: clockOffset ?? 0) } }

    // MARK: Its end

    /// Readable when the program has ended.
    var deathNumber: Int32 { program.pidfdNumber }

    /// Whether there is nothing more to wait for: the program has ended, and all that it has written was read. Of the two the
    /// second follows the first soon, unless somebody else has one of its streams.
    func isOver(now: Int) -> Bool {
        if !hasEnded && !isSilent { return false }
        if endTime == nil { endTime = now }
        return hasEnded && isSilent || now - (endTime ?? now) > RemoteHandle.lastPatience
    }

    /// How it has ended.
    func bury() -> Run.Loss {
        program.killAll(holding: [])
        var why = reason
        if why == nil && !hasLeft {
            switch program.status {
            case .exited(0)?, nil: why = "the connection has ended"
            case let status?: why = "\(name) \(status)\(delivery == nil ? "" : RemoteHandle.keyAdvice)"
            }
        }
        return Run.Loss(host: host, reason: why ?? "", wasReady: isReady, hadLeft: hasLeft && reason == nil)
    }
}
