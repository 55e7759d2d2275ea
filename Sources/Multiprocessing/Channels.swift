// Channels: lists of messages in the arena, with room for so many, through which values go from process to process.

package import Bytes
import Lua
import Posix

/// The reason why there is no value, as scripts get it behind nil.
package enum Reason: String, Error {
    case timeout, empty, full, closed
}

extension ProcessTree {
    /// A limit of 0 is none.
    func makeChannel(
        maximumCount: Int = 0, maximumBytes: Int = 0, for use: Channel.Use = .values
    ) throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            let channel = try make(.channel, words: Channel.words, memory)
            memory[channel, Channel.use] = use.rawValue
            memory[channel, Channel.maximumCount] = maximumCount
            memory[channel, Channel.maximumBytes] = maximumBytes
            for list in [Channel.messages, .getters, .putters, .joiners, .orphans] {
                memory.makeList(channel + list.offset)
            }
            return channel
        }
    }

    // MARK: Put

    /// Puts a copy of `value`, which has these handles, at the channel's end; false when the timeout has passed and the
    /// channel is still full.
    package func put(
        _ value: borrowing ByteBuffer, handles: Set<Int>, into channel: Int, as kind: MessageKind = .value,
        _ timeout: Timeout
    ) throws(TreeError) -> Bool {
        let size = value.count
        let before = lockDeadline
        lockDeadline = timeout.deadline
        defer { lockDeadline = before }
        let message: Int
        do throws(TreeError) { message = try makeMessage(size: size, handles: handles, for: channel) } catch {
            if error == .lockTimedOut { return false }
            throw error
        }
        ArenaBytes.copy(value, to: message + Message.bytes.offset)
        return try put(message: message, into: channel, as: kind, timeout)
    }

    /// Puts what `fill` writes into a buffer, which is in the message already if it takes no more than `capacity` bytes;
    /// `fill` answers the handles that are in it.
    func put(
        capacity: Int, into channel: Int, as kind: MessageKind,
        _ fill: (inout ByteBuffer) throws(LuaError) -> Set<Int>
    ) throws(LuaError) {
        let message = try orRaise { () throws(TreeError) in
            try timedChange { memory throws(TreeError) in
                try check(channel, is: .channel, memory)
                return try makeMessage(size: capacity, for: channel, memory)
            }
        }
        var buffer = ArenaBytes.buffer(message + Message.bytes.offset, capacity: capacity)
        let handles: Set<Int>
        do throws(LuaError) { handles = try fill(&buffer) } catch {
            change { memory in discard(message, memory) }
            throw error
        }
        try orRaise { () throws(TreeError) in
            if buffer.isOwned {
                change { memory in discard(message, memory) }
                _ = try put(buffer, handles: handles, into: channel, as: kind, .forever)
            } else {
                try attachOrDiscard(handles, to: message)
                ArenaBytes.setWord(message + Message.size.offset, buffer.count)
                _ = try put(message: message, into: channel, as: kind, .forever)
            }
        }
    }

    /// The message gets its kind when it is put: a task that was not put yet is not recovered when its process dies.
    private func put(
        message: Int, into channel: Int, as kind: MessageKind, _ timeout: Timeout
    ) throws(TreeError) -> Bool {
        let target = WaitTarget(
            objects: [channel], queues: [channel + Channel.putters.offset], deadline: timeout.deadline)
        return try waitToPut(message, target) { memory, waiters throws(TreeError) in
            try tryPut(message, channel, as: kind, waiters, memory)
        }
    }

    /// Waits until `attempt` has put the message somewhere; otherwise it is freed.
    func waitToPut(
        _ message: Int, _ target: WaitTarget, attempt: (Memory, [Int]) throws(TreeError) -> Bool?
    ) throws(TreeError) -> Bool {
        var isPut: Bool?
        defer { if isPut != true { cleanUp { [unowned self] memory in discard(message, memory) } } }
        isPut = try wait(target, attempt: attempt)
        return isPut ?? false
    }

    private func tryPut(
        _ message: Int, _ channel: Int, as kind: MessageKind, _ waiters: [Int], _ memory: Memory
    ) throws(TreeError) -> Bool? {
        try check(channel, is: .channel, memory)
        if memory[channel, Channel.isClosed] != 0 { throw .gone("queue") }
        let queue = channel + Channel.putters.offset, size = memory[message, Message.size]
        guard hasRoom(channel, size: size, memory), canBarge(queue, waiters, memory) else { return nil }
        memory[message, Message.kind] = kind.blockKind.rawValue
        append(message, to: channel, memory)
        memory[channel, Channel.unfinished] += 1
        if hasRoom(channel, size: 1, memory) { wake(queue, memory) }
        return true
    }

    /// Moves a message of this process to the channel's end.
    func append(_ message: Int, to channel: Int, _ memory: Memory) {
        memory.remove(message + Message.next.offset)
        memory[message, Message.owner] = 0
        memory[message, Message.channel] = channel
        memory.append(message + Message.next.offset, to: channel + Channel.messages.offset)
        memory[channel, Channel.count] += 1
        memory[channel, Channel.bytes] += memory[message, Message.size]
        wake(channel + Channel.getters.offset, memory)
    }

    func hasRoom(_ channel: Int, size: Int, _ memory: Memory) -> Bool {
        let (count, most) = (memory[channel, Channel.count], memory[channel, Channel.maximumCount])
        if most > 0, count >= most { return false }
        let bytes = memory[channel, Channel.maximumBytes]
        return bytes == 0 || count == 0 || memory[channel, Channel.bytes] + size <= bytes
    }

    // MARK: Get

    /// Removes the first message; it is this process's until it calls `done(with:)`. With `isTask` it is unfinished until
    /// `taskDone` is called.
    package func get(from channel: Int, _ timeout: Timeout, isTask: Bool = true) throws(TreeError) -> ReceivedMessage? {
        let target = WaitTarget(
            objects: [channel], queues: [channel + Channel.getters.offset], deadline: timeout.deadline)
        return try wait(target) { memory, waiters throws(TreeError) in
            try check(channel, is: .channel, memory)
            let queue = channel + Channel.getters.offset
            if canBarge(queue, waiters, memory), let received = try removeFirst(from: channel, isTask: isTask, memory) {
                return received
            }
            if memory[channel, Channel.isClosed] != 0, memory[channel, Channel.count] == 0 { throw .gone("queue") }
            return nil
        }
    }

    /// Removes the first message, and waits for one as long as a process lives that could put it. Of a pool also nil when
    /// callbacks of other pools have run, which may have taken it.
    func get(
        from channel: Int, while pid: Int32, ofPool: Bool = false, _ timeout: Timeout
    ) throws(TreeError) -> ReceivedMessage? {
        let found: Int?? = try within(timeout) { () throws(TreeError) -> Int?? in
            pid == 0 ? .some(nil) : .some(try timedChange { memory in self.process(pid: pid, memory) })
        }
        guard let process = found else { return nil }
        let child = children[pid]
        let target = WaitTarget(
            objects: [channel], queues: [channel + Channel.getters.offset],
            processes: child == nil ? process.map { [$0] } ?? [] : [],
            children: child.map { [$0.pidfdNumber] } ?? [], deadline: timeout.deadline, allowsCallbacks: ofPool,
            endsAfterCallbacks: true)
        return try wait(target) { memory, _ throws(TreeError) in
            try check(channel, is: .channel, memory)
            if let received = try removeFirst(from: channel, isTask: false, memory) { return received }
            if pid != 0, process.map({ !isAlive($0, memory) }) ?? true { throw .gone("process") }
            return nil
        }
    }

    /// Revokes the tasks of a job that no worker has begun; answers how many items they have.
    package func revoke(_ job: Int, from tasks: Int) throws(TreeError) -> Int {
        try timedChange { memory throws(TreeError) in
            var items = 0
            for message in waitingTasks(job, in: tasks, memory) {
                items += memory[message + Message.bytes.offset, TaskWords.count]
                memory[tasks, Channel.count] -= 1
                memory[tasks, Channel.bytes] -= memory[message, Message.size]
                discard(message, memory)
            }
            return items
        }
    }

    /// Whether no worker has begun with the job.
    package func isWaiting(_ job: Int, in tasks: Int) throws(TreeError) -> Bool {
        try timedChange { memory throws(TreeError) in !waitingTasks(job, in: tasks, memory).isEmpty }
    }

    private func waitingTasks(_ job: Int, in tasks: Int, _ memory: Memory) -> [Int] {
        memory.links(of: tasks + Channel.messages.offset).map { $0 - Message.next.offset }
            .filter { memory[$0 + Message.bytes.offset, TaskWords.job] == job }
    }

    func removeFirst(from channel: Int, isTask: Bool, _ memory: Memory) throws(TreeError) -> ReceivedMessage? {
        guard let link = memory.first(of: channel + Channel.messages.offset) else { return nil }
        let message = link - Message.next.offset, size = memory[message, Message.size]
        memory.remove(link)
        takeOwnership(of: message, memory)
        memory[channel, Channel.count] -= 1
        memory[channel, Channel.bytes] -= size
        if isTask {
            if let owed = reference(.unfinished, channel, current, memory) {
                memory[owed, Reference.count] += 1
            } else {
                try addReference(.unfinished, channel, current, memory)
            }
        }
        wake(channel + Channel.putters.offset, memory)
        if memory[channel, Channel.count] > 0 { wake(channel + Channel.getters.offset, memory) }
        return ReceivedMessage(message: message, size: size)
    }

    /// The message has been read.
    package func done(with received: ReceivedMessage) {
        change { memory in discard(received.message, memory) }
    }

    // MARK: Counting

    package struct ChannelState {
        package var count: Int, bytes: Int, isFull: Bool, isClosed: Bool, unfinished: Int
    }

    package func state(ofChannel channel: Int) throws(TreeError) -> ChannelState {
        try timedChange { memory throws(TreeError) in
            try check(channel, is: .channel, memory)
            return ChannelState(
                count: memory[channel, Channel.count], bytes: memory[channel, Channel.bytes],
                isFull: !hasRoom(channel, size: 1, memory),
                isClosed: memory[channel, Channel.isClosed] != 0, unfinished: memory[channel, Channel.unfinished])
        }
    }

    /// Closes the channel: nothing is put any more; what is there can still be got.
    package func close(channel: Int) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(channel, is: .channel, memory)
            memory[channel, Channel.isClosed] = 1
            wakeAll(channel + Channel.getters.offset, memory)
            wakeAll(channel + Channel.putters.offset, memory)
        }
    }

    /// Counts one of the messages that this process, or another, has taken as done.
    package func taskDone(_ channel: Int) throws(TreeError) {
        try timedChange { memory throws(TreeError) in
            try check(channel, is: .channel, memory)
            guard memory[channel, Channel.unfinished] > memory[channel, Channel.count] else {
                throw .misuse("task_done was called more often than there were items")
            }
            if let owed = reference(.unfinished, channel, current, memory)
                ?? references(.unfinished, in: channel, memory).first
            {
                memory[owed, Reference.count] -= 1
                if memory[owed, Reference.count] == 0 { removeReference(owed, memory) }
            }
            countDown(channel, count: 1, memory)
        }
    }

    func countDown(_ channel: Int, count: Int, _ memory: Memory) {
        memory[channel, Channel.unfinished] = max(0, memory[channel, Channel.unfinished] - count)
        if memory[channel, Channel.unfinished] == 0 { wakeAll(channel + Channel.joiners.offset, memory) }
    }

    /// Waits until everything that was put is done; false when the timeout has passed.
    package func join(channel: Int, _ timeout: Timeout) throws(TreeError) -> Bool {
        let target = WaitTarget(
            objects: [channel], queues: [channel + Channel.joiners.offset], deadline: timeout.deadline)
        let done: Bool? = try wait(target) { memory, _ throws(TreeError) in
            try check(channel, is: .channel, memory)
            return memory[channel, Channel.unfinished] == 0 ? true : nil
        }
        return done ?? false
    }
}
