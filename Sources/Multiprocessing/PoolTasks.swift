// A pool's tasks and results in the arena: a task is a message with a few items in it, and results go into another one
// item by item, so that a worker's death costs the item it was at and nothing else.
//
//     script ── tasks ──▶ worker ── results ──▶ script
//                 ▲          │ dies
//                 └ the rest ┘ complete results, and the failure of one item ──▶ results

package import Bytes
import Lua
import Posix

/// A task that this process owns.
package struct PoolTask {
    let received: ReceivedMessage
    private var words: Int { received.message + Message.bytes.offset }

    subscript(_ word: TaskWords) -> Int {
        get { ArenaBytes.word(words + word.offset) }
        nonmutating set { ArenaBytes.setWord(words + word.offset, newValue) }
    }

    func address(_ word: TaskWords) -> UInt { ArenaBytes.address(words + word.offset) }

    var message: Int { received.message }
    /// How many results of each call are asked for.
    var results: Int32 { self[.wantsAll] != 0 ? Stack.all : 1 }
    /// The items' bytes.
    func items() -> ByteBuffer {
        ArenaBytes.view(words + TaskWords.size, count: received.size - TaskWords.size)
    }
}

/// Results that are being written, in a message that this process owns.
struct PoolResults: ~Copyable {
    let message: Int
    var buffer: ByteBuffer
    private var words: Int { message + Message.bytes.offset }

    init(message: Int, capacity: Int, job: Int, first: Int) {
        self.message = message
        buffer = ArenaBytes.buffer(message + Message.bytes.offset + ResultWords.size, capacity: capacity)
        ArenaBytes.setWord(words + ResultWords.job.offset, job)
        ArenaBytes.setWord(words + ResultWords.first.offset, first)
        ArenaBytes.setWord(words + ResultWords.count.offset, 0)
        ArenaBytes.setWord(words + ResultWords.bytes.offset, 0)
    }

    /// The words that record the progress of this task's items; these results begin with the item at `first`.
    func progress(of task: PoolTask, first: Int) -> TaskProgress {
        TaskProgress(
            begun: task.address(.begun), count: ArenaBytes.address(words + ResultWords.count.offset),
            bytes: ArenaBytes.address(words + ResultWords.bytes.offset), taskFirst: task[.first], resultsFirst: first)
    }

    /// Commits `count` results, which end at the end of the buffer.
    func commit(count: Int) {
        ArenaBytes.setWord(words + ResultWords.bytes.offset, buffer.count)
        ArenaBytes.setWord(words + ResultWords.count.offset, count)
    }
}

extension ProcessTree {
    // MARK: Functions

    package func makeSharedFunction(_ bytes: borrowing ByteBuffer, handles: Set<Int>) throws(TreeError) -> Int {
        let size = bytes.count
        let handleMessage = handles.isEmpty ? 0 : try makeMessage(size: 0, handles: handles, for: 0)
        var isMade = false
        defer { if !isMade, handleMessage != 0 { change { memory in discard(handleMessage, memory) } } }
        let function = try timedChange { memory throws(TreeError) in
            let function = try make(.sharedFunction, words: SharedFunction.bytes.rawValue, bytes: size, memory)
            memory[function, SharedFunction.size] = size
            memory[function, SharedFunction.handles] = handleMessage
            if handleMessage != 0 {
                memory.remove(handleMessage + Message.next.offset)
                memory[handleMessage, Message.owner] = 0
                memory[handleMessage, Message.channel] = function
            }
            return function
        }
        isMade = true
        ArenaBytes.copy(bytes, to: function + SharedFunction.bytes.offset)
        return function
    }

    /// The bytes of a function, which stays as long as its job.
    func bytes(ofFunction function: Int) -> ByteBuffer {
        ArenaBytes.view(
            function + SharedFunction.bytes.offset, count: ArenaBytes.word(function + SharedFunction.size.offset))
    }

    // MARK: A worker's side

    /// The next task; nil when there are none and none will come.
    func nextTask(from tasks: Int) throws(TreeError) -> PoolTask? {
        let received: ReceivedMessage?
        do throws(TreeError) { received = try get(from: tasks, .forever, isTask: false) } catch {
            guard case .gone = error else { throw error }
            return nil
        }
        return received.map { PoolTask(received: $0) }
    }

    /// Makes a message for results from the item with this place on, and records it in the task.
    func beginResults(of task: PoolTask, first: Int, capacity: Int) throws(TreeError) -> PoolResults {
        let results = try makeResults(job: task[.job], first: first, capacity: capacity, of: task.message)
        task[.results] = results.message
        return results
    }

    /// Makes a message for results that no task records yet.
    func makeResults(job: Int, first: Int, capacity: Int, of task: Int = 0) throws(TreeError) -> PoolResults {
        let message = try timedChange { memory throws(TreeError) in
            try makeMessage(size: ResultWords.size + capacity, for: task, as: .results, memory)
        }
        return PoolResults(message: message, capacity: capacity, job: job, first: first)
    }

    /// Sends the last results of a task, which is done.
    func publish(_ results: consuming PoolResults, of task: PoolTask, into channel: Int) {
        let message = results.message
        change { memory in
            sendOrDiscard(message, to: channel, memory)
            memory[task.message + Message.bytes.offset, TaskWords.results] = 0
            discard(task.message, memory)
        }
    }

    /// Sends what was committed, and the one result after it.
    func publish(
        _ results: consuming PoolResults, followedBy last: consuming PoolResults, of task: PoolTask,
        into channel: Int
    ) {
        let (message, next) = (results.message, last.message)
        change { memory in
            let words = task.message + Message.bytes.offset
            sendOrDiscard(message, to: channel, memory)
            sendResults(next, to: channel, memory)
            memory[words, TaskWords.results] = 0
        }
    }

    /// Sends the results of a task, unless there are none: a message has at least one.
    private func sendOrDiscard(_ message: Int, to channel: Int, _ memory: Memory) {
        let count = memory[message + Message.bytes.offset, ResultWords.count]
        if count > 0 { sendResults(message, to: channel, memory) } else { discard(message, memory) }
    }

    /// Puts results at the channel's end, with their final size.
    private func sendResults(_ message: Int, to channel: Int, _ memory: Memory) {
        let words = message + Message.bytes.offset
        let size = ResultWords.size + memory[words, ResultWords.bytes]
        memory[message, Message.size] = size
        memory[message, Message.kind] = Kind.message.rawValue
        append(message, to: channel, memory)
    }

    // MARK: The supervisor's side

    /// Recovers the task of a dead worker: its complete results go to the script, `failure` is the result of the item
    /// it was at, and the rest is a task again. Answers how many items were lost: one, or none.
    package func recover(
        from pid: Int32, tasks: Int, results: Int, failure: borrowing ByteBuffer
    ) throws(TreeError) -> Int {
        reapAll()
        var lost = 0
        while let orphan = orphanedTask(of: pid, in: tasks) {
            lost += try recover(PoolTask(received: orphan), tasks: tasks, results: results, failure: failure)
        }
        return lost
    }

    /// A task of a dead worker, which this process owns from now on.
    private func orphanedTask(of pid: Int32, in tasks: Int) -> ReceivedMessage? {
        change { memory in
            for link in memory.links(of: tasks + Channel.orphans.offset) {
                let message = link - Message.next.offset
                guard memory[message + Message.bytes.offset, TaskWords.worker] == Int(pid) else { continue }
                memory.remove(link)
                takeOwnership(of: message, memory)
                return ReceivedMessage(message: message, size: memory[message, Message.size])
            }
            return nil
        }
    }

    private func recover(
        _ task: PoolTask, tasks: Int, results channel: Int, failure: borrowing ByteBuffer
    ) throws(TreeError) -> Int {
        let first = task[.first], begun = task[.begun]
        // A task without results was between two messages of them: those of the items that were begun were sent.
        var done = begun, kept = 0
        if task[.results] != 0 {
            let words = task[.results] + Message.bytes.offset
            kept = ArenaBytes.word(words + ResultWords.count.offset)
            done = ArenaBytes.word(words + ResultWords.first.offset) - first + kept
        }
        let isLost = begun > done
        let failed = isLost ? try makeFailure(failure, job: task[.job], place: first + done) : 0
        let left = task[.count] - done - (isLost ? 1 : 0)
        try timedChange { memory throws(TreeError) in
            if task[.results] != 0 {
                if kept > 0 {
                    sendResults(task[.results], to: channel, memory)
                } else {
                    discard(task[.results], memory)
                }
            }
            if failed != 0 { sendResults(failed, to: channel, memory) }
            let words = task.message + Message.bytes.offset
            memory[words, TaskWords.results] = 0
            if left <= 0 { return discard(task.message, memory) }
            // The same message again: its next worker skips the items that are done.
            memory[words, TaskWords.skipped] += done + (isLost ? 1 : 0)
            memory[words, TaskWords.first] = first + done + (isLost ? 1 : 0)
            memory[words, TaskWords.count] = left
            memory[words, TaskWords.begun] = 0
            memory.remove(task.message + Message.next.offset)
            memory[task.message, Message.owner] = 0
            memory.prepend(task.message + Message.next.offset, to: tasks + Channel.messages.offset)
            memory[tasks, Channel.count] += 1
            memory[tasks, Channel.bytes] += memory[task.message, Message.size]
            wake(tasks + Channel.getters.offset, memory)
        }
        return isLost ? 1 : 0
    }

    /// A message with one result.
    private func makeFailure(_ failure: borrowing ByteBuffer, job: Int, place: Int) throws(TreeError) -> Int {
        var results = try makeResults(job: job, first: place, capacity: failure.count)
        results.buffer.append(failure)
        results.commit(count: 1)
        return results.message
    }
}
