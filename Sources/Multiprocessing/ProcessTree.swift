// The tree of a script's processes, as one of them sees it: the list of them, and what they share. The primitives are in
// files of their own; each is a few words in the arena and a queue of the processes that wait for it.

package import Posix

/// The error of an operation on shared objects.
package enum TreeError: Error, Equatable, CustomStringConvertible {
    case memory(String)
    /// The handle is of something that was closed, or that is no more.
    case gone(String)
    case misuse(String)
    /// A callback has raised an error.
    case raised(String)
    case system(PosixError)
    /// The timeout has passed, and another process is stopped in the middle of a change.
    case lockTimedOut

    package var description: String {
        switch self {
        case .memory(let reason), .misuse(let reason), .raised(let reason): reason
        case .gone(let what): "the \(what) is closed"
        case .system(let error): error.description
        case .lockTimedOut: "another process holds the shared memory and is stopped"
        }
    }
}

/// The processes that share one arena, and this one among them.
package final class ProcessTree {
    let arena: Arena
    let blocks: BuddyAllocator
    /// This process's entry.
    var current = 0
    /// The children that have not been waited for, by their numbers.
    var children: [Int32: ScriptChild] = [:]
    /// The processes to wake when the change that runs is made, by their numbers.
    var wakeUps: [Int32] = []
    /// Whether the change that runs has put messages into the garbage list.
    var leavesGarbage = false
    var isReclaiming = false
    /// The moment up to which a call may wait for the lock of the memory; nil for ever.
    var lockDeadline: Int?
    /// Cleanups that could not get the lock in time; they are done before the next change.
    var deferredCleanups: [(Memory) -> Void] = []
    /// The number of the last hold; a fork counts on.
    var lastHold = 0
    /// The last snapshot; a second one, a second later, is the same in a deadlock.
    var lastSnapshot: [Int]?
    /// Another process has begun to report a deadlock; it ends the tree when that is written.
    var isDeadlockReported = false
    var lastCycle: [Link]?, reportedCycle: [Link]?
    package var detectsDeadlocks = true
    /// Whether another process can answer while this one stays awake.
    let maySpin = Processors.usable() > 1
    /// Counts the programs of this process that run.
    var programs: () -> Int = { 0 }
    /// The channels whose messages bring callbacks, which run in every wait, and the function that runs them.
    var watched: [Int] = []
    var callbacks: () throws(TreeError) -> Bool = { false }
    /// Takes the error that a signal has asked for, if one has.
    var interruption: () -> String? = { nil }
    var runsCallbacks = false
    /// The position of this process in the script, for a report.
    var position: () -> String = { "" }
    /// Answers a question that was asked by a signal.
    var answerQuestion: () -> Void = {}

    package init() throws(TreeError) {
        do throws(PosixError) {
            arena = try Arena(limit: 1 << 38)
        } catch {
            throw .system(error)
        }
        blocks = BuddyAllocator(arena: arena)
        change { memory in
            // A control group ends a process rather than page its memory out, and counts what else the processes have.
            blocks.prepare(memory, budget: min(arena.limit / 2, Machine.memory() / 4 * 3))
            for list in [Root.processes, .garbage, .candidates] { memory.makeList(Arena.start + list.offset) }
        }
        current = try timedChange { memory throws(TreeError) in try makeEntry(parent: 0, name: "MainProcess", memory) }
        register(current)
    }

    // MARK: Changes

    /// Makes a change, and then sends its wake-ups: a waiter that is woken earlier finds the memory locked. If this process is
    /// killed in between, the waiter wakes up by itself within a second.
    func change<Value, Failure: Error>(_ body: (Memory) throws(Failure) -> Value) throws(Failure) -> Value {
        defer { finishChange() }
        if !deferredCleanups.isEmpty {
            arena.change { memory in for each in deferredCleanups { each(memory) } }
            deferredCleanups = []
        }
        return try arena.change(body)
    }

    private func finishChange() {
        if !wakeUps.isEmpty {
            for pid in wakeUps { WakeUp.send(to: pid) }
            wakeUps.removeAll(keepingCapacity: true)
        }
        if leavesGarbage {
            leavesGarbage = false
            reclaim()
        }
    }

    /// Makes a change that waits for the lock of the memory up to `lockDeadline` only.
    func timedChange<Value>(_ body: (Memory) throws(TreeError) -> Value) throws(TreeError) -> Value {
        guard let lockDeadline else { return try change(body) }
        defer { finishChange() }
        if !deferredCleanups.isEmpty {
            let done: Void? = arena.change(before: lockDeadline) { memory in
                for each in deferredCleanups { each(memory) }
            }
            if done == nil { throw .lockTimedOut }
            deferredCleanups = []
        }
        guard let value = try arena.change(before: lockDeadline, body) else { throw .lockTimedOut }
        return value
    }

    /// Runs `body` now, or before the next change when the lock is not to be had in time.
    func cleanUp(_ body: @escaping (Memory) -> Void) {
        do throws(TreeError) { try timedChange(body) } catch { deferredCleanups.append(body) }
    }

    /// Runs `body`, whose changes wait for the lock up to `timeout`; nil when that has passed.
    func within<Value>(
        _ timeout: Timeout, _ body: () throws(TreeError) -> Value?
    ) throws(TreeError) -> Value? {
        let before = lockDeadline
        lockDeadline = timeout.deadline
        defer { lockDeadline = before }
        do throws(TreeError) { return try body() } catch {
            if error == .lockTimedOut { return nil }
            throw error
        }
    }

    func allocate(_ bytes: Int, _ memory: Memory) throws(TreeError) -> Int {
        do throws(SharedMemoryError) { return try blocks.allocate(bytes, memory) } catch {
            throw .memory(error.description)
        }
    }

    /// Records that something has happened that others may wait for.
    func advanceEpoch(_ memory: Memory) { memory[Arena.start, Root.epoch] += 1 }

    // MARK: Processes

    private static var processList: Int { Arena.start + Root.processes.offset }

    /// Makes the entry of a process that is about to be forked.
    func makeEntry(parent: Int, name: String, _ memory: Memory) throws(TreeError) -> Int {
        let process = try allocate(8 * ProcessEntry.words, memory)
        for word in 0..<ProcessEntry.words { memory[process + 8 * word] = 0 }
        memory[process, ProcessEntry.kind] = Kind.process.rawValue
        memory[process, ProcessEntry.parent] = parent
        for list in [ProcessEntry.references, .waiters, .messages] { memory.makeList(process + list.offset) }
        LivenessLock.prepare(process + ProcessEntry.livenessLock.offset)
        memory[process, ProcessEntry.label] = try makeLabel(name, memory)
        memory.append(process + ProcessEntry.next.offset, to: ProcessTree.processList)
        return process
    }

    /// Registers this process, for which the entry was made; it exits if the entry was reaped because its parent has died.
    func register(_ process: Int, parent: Int = 0) {
        current = process
        let isRegistered = change { memory in
            guard isAlive(process, memory), memory[process, ProcessEntry.isRegistered] == 0,
                memory[process, ProcessEntry.parent] == parent
            else {
                return false
            }
            LivenessLock.acquire(process + ProcessEntry.livenessLock.offset)
            memory[process, ProcessEntry.pid] = Int(Machine.processNumber())
            memory[process, ProcessEntry.isRegistered] = 1
            return true
        }
        if !isRegistered { Posix.Process.exit(1) }
        Arena.isUnregistered = false
        children = [:]
        (watched, runsCallbacks) = ([], false)
        (deferredCleanups, lockDeadline) = ([], nil)
        (lastSnapshot, lastCycle, reportedCycle) = (nil, nil, nil)
    }

    /// All processes that are not being reaped, this one included.
    func liveProcesses(_ memory: Memory) -> [Int] {
        allProcesses(memory).filter { memory[$0, ProcessEntry.isBeingReaped] == 0 }
    }

    /// All processes, also those that are being reaped, by one that may have died meanwhile.
    func allProcesses(_ memory: Memory) -> [Int] {
        memory.links(of: ProcessTree.processList).map { $0 - ProcessEntry.next.offset }
    }

    func isAlive(_ process: Int, _ memory: Memory) -> Bool {
        guard memory[process, ProcessEntry.kind] == Kind.process.rawValue else { return false }
        if memory[process, ProcessEntry.isRegistered] == 0 {
            // It has died if its parent was killed before the fork, or it was itself before it registered.
            let parent = memory[process, ProcessEntry.parent]
            if parent == current { return children[Int32(memory[process, ProcessEntry.pid])]?.hasEnded != true }
            return parent == 0 || parent > 0 && isAlive(parent, memory)
        }
        return process == current || !LivenessLock.isReleased(process + ProcessEntry.livenessLock.offset)
    }

    func process(pid: Int32, _ memory: Memory) -> Int? {
        liveProcesses(memory).first { memory[$0, ProcessEntry.pid] == Int(pid) && isAlive($0, memory) }
    }

    /// Where in the script this process waits.
    func setPosition(_ text: String) {
        let count = ArenaBytes.copy(text, to: current + ProcessEntry.position.offset, limit: ProcessEntry.positionBytes)
        ArenaBytes.setWord(current + ProcessEntry.positionLength.offset, count)
    }

    func position(of process: Int) -> String {
        ArenaBytes.text(
            process + ProcessEntry.position.offset, count: ArenaBytes.word(process + ProcessEntry.positionLength.offset)
        )
    }

    // MARK: Objects

    /// A new object with a handle in this process.
    ///
    /// Its words are zero; `bytes` more follow them, whatever is in those.
    func make(_ kind: Kind, words: Int, bytes: Int = 0, _ memory: Memory) throws(TreeError) -> Int {
        let object = try allocate(8 * words + bytes, memory)
        for word in 0..<words { memory[object + 8 * word] = 0 }
        memory[object, Shared.kind] = kind.rawValue
        for list in [Shared.references, .messageReferences, .candidate] { memory.makeList(object + list.offset) }
        try addReference(.handle, object, current, memory)
        return object
    }

    /// Checks a handle, whose object may be gone.
    func check(_ object: Int, is kind: Kind, _ memory: Memory) throws(TreeError) {
        guard object > Arena.start, object % 16 == 0, object < memory[Arena.start, Root.size],
            memory[object, Shared.kind] == kind.rawValue
        else { throw .gone("\(kind)") }
    }

    /// The kind of object that the handle is of.
    func kind(_ object: Int, _ memory: Memory) -> Kind? {
        guard object > Arena.start, object % 16 == 0, object < memory[Arena.start, Root.size] else { return nil }
        return Kind(rawValue: memory[object, Shared.kind])
    }

    /// Whether it is an object that has handles: another block may be where one has been.
    func isShared(_ object: Int, _ memory: Memory) -> Bool {
        switch kind(object, memory) {
        case .semaphore, .condition, .event, .barrier, .channel, .end, .array, .sharedFunction: true
        default: false
        }
    }

    /// Records a handle that this process has got from a message that it still owns.
    func receive(_ object: Int) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            guard isShared(object, memory) else { throw .gone("object") }
            if reference(.handle, object, current, memory) == nil { try addReference(.handle, object, current, memory) }
        }
    }

    /// Drops this process's handle.
    func drop(_ object: Int) {
        watched.removeAll { $0 == object }
        change { memory in
            guard isShared(object, memory), let reference = reference(.handle, object, current, memory) else { return }
            removeReference(reference, memory)
        }
    }
}
