// Pipes: two ends, each of which receives from a channel that the other sends into. When no process has a handle of an end
// any more, as all have closed it or died, the other one is at its end once it has received everything.

package import Bytes
import Posix

extension ProcessTree {
    /// Bytes that may be unread in one direction before a sender waits; a longer message goes alone.
    private static let pipeBytes = 1 << 20

    /// Two ends; where it is not duplex, the first receives and the second sends.
    package func makePipe(isDuplex: Bool) throws(TreeError) -> (first: Int, second: Int) {
        let forth = try makeChannel(maximumBytes: ProcessTree.pipeBytes)
        let back = isDuplex ? try makeChannel(maximumBytes: ProcessTree.pipeBytes) : 0
        return try timedChange { memory throws(TreeError) in
            let first = try make(.end, words: End.words, memory), second = try make(.end, words: End.words, memory)
            memory[first, End.peer] = second
            memory[second, End.peer] = first
            memory[first, End.inbox] = forth
            memory[second, End.outbox] = forth
            memory[first, End.outbox] = back
            memory[second, End.inbox] = back
            // The ends keep the channels, which are freed when both ends are.
            for channel in [forth, back] where channel != 0 {
                memory[channel, Shared.isPinned] = 1
                memory[channel, Channel.reader] = channel == forth ? first : second
                if let reference = reference(.handle, channel, current, memory) { removeReference(reference, memory) }
            }
            return (first, second)
        }
    }

    /// Whether an end can send, and whether it can receive.
    package func directions(of end: Int) throws(TreeError) -> (sends: Bool, receives: Bool) {
        try timedChange { memory throws(TreeError) in
            try check(end, is: .end, memory)
            return (memory[end, End.outbox] != 0, memory[end, End.inbox] != 0)
        }
    }

    /// Sends a copy of `value`, which has these handles; it waits while the other end has too much unread.
    package func send(
        _ value: borrowing ByteBuffer, handles: Set<Int>, through end: Int
    ) throws(TreeError) {
        let outbox = try timedChange { memory throws(TreeError) in
            try check(end, is: .end, memory)
            return memory[end, End.outbox]
        }
        if outbox == 0 { throw .misuse("this end of the pipe only receives") }
        let size = value.count
        let message = try makeMessage(size: size, handles: handles, for: outbox)
        ArenaBytes.copy(value, to: message + Message.bytes.offset)
        let target = WaitTarget(objects: [end], queues: [outbox + Channel.putters.offset])
        _ = try waitToPut(message, target) { memory, _ throws(TreeError) in
            try check(end, is: .end, memory)
            if isGone(memory[end, End.peer], memory) { throw .gone("other end of the pipe") }
            guard hasRoom(outbox, size: size, memory) else { return nil }
            append(message, to: outbox, memory)
            return true
        }
    }

    /// The next message, or nil when the timeout has passed.
    package func receive(from end: Int, _ timeout: Timeout) throws(TreeError) -> ReceivedMessage? {
        guard let inbox = try within(timeout, { () throws(TreeError) in try inbox(of: end) }) else { return nil }
        let target = WaitTarget(
            objects: [end], queues: [inbox + Channel.getters.offset], deadline: timeout.deadline)
        return try wait(target) { memory, _ throws(TreeError) in
            try check(end, is: .end, memory)
            if let received = try removeFirst(from: inbox, isTask: false, memory) { return received }
            if isGone(memory[end, End.peer], memory) { throw .gone("other end of the pipe") }
            return nil
        }
    }

    private func inbox(of end: Int) throws(TreeError) -> Int {
        let inbox = try timedChange { memory throws(TreeError) in
            try check(end, is: .end, memory)
            return memory[end, End.inbox]
        }
        if inbox == 0 { throw .misuse("this end of the pipe only sends") }
        return inbox
    }

    // MARK: Several at once

    /// What `mp.wait` can wait for.
    package enum Source {
        case object(Int)
        /// The end of a process.
        case process(pid: Int32)
    }

    /// The indices of the sources that have something to be got, or have ended; none when the timeout has passed.
    package func wait(for sources: [Source], _ timeout: Timeout) throws(TreeError) -> [Int] {
        var target = WaitTarget(objects: [], queues: [], deadline: timeout.deadline)
        let isKnown: Void? = try within(timeout) { () throws(TreeError) in try resolve(sources, &target) }
        if isKnown == nil { return [] }
        let ready: [Int]? = try wait(target) { memory, _ throws(TreeError) in
            var ready: [Int] = []
            for (place, source) in sources.enumerated() where try isReady(source, memory) { ready.append(place) }
            return ready.isEmpty ? nil : ready
        }
        return ready ?? []
    }

    private func resolve(_ sources: [Source], _ target: inout WaitTarget) throws(TreeError) {
        target = try timedChange { [target] memory throws(TreeError) in
            var target = target
            for source in sources {
                switch source {
                case .object(let object):
                    target.objects.append(object)
                    target.queues.append(try inboxOrChannel(object, memory) + Channel.getters.offset)
                case .process(let pid):
                    guard let process = process(pid: pid, memory) else { continue }
                    target.processes.append(process)
                    target.objects.append(process)
                }
            }
            return target
        }
    }

    private func inboxOrChannel(_ object: Int, _ memory: Memory) throws(TreeError) -> Int {
        switch kind(object, memory) {
        case .channel: return object
        case .end:
            if memory[object, End.inbox] == 0 { throw .misuse("this end of the pipe only sends") }
            return memory[object, End.inbox]
        case .none: throw .gone("connection")
        case .some(let kind): throw .misuse("cannot wait for a \(kind) here; queues, connections and processes can be")
        }
    }

    private func isReady(_ source: Source, _ memory: Memory) throws(TreeError) -> Bool {
        switch source {
        case .object(let object):
            let channel = try inboxOrChannel(object, memory)
            if memory[channel, Channel.count] > 0 || memory[channel, Channel.isClosed] != 0 { return true }
            return kind(object, memory) == .end && isGone(memory[object, End.peer], memory)
        case .process(let pid): return process(pid: pid, memory) == nil
        }
    }

    // MARK: Closing

    /// Whether no process has a handle of the end any more, and no message either.
    private func isGone(_ end: Int, _ memory: Memory) -> Bool {
        end == 0
            || memory.isEmpty(end + Shared.references.offset) && memory.isEmpty(end + Shared.messageReferences.offset)
    }

    /// Closes this process's handle.
    package func close(end: Int) throws(TreeError) {
        change { memory in
            guard kind(end, memory) == .end else { return }
            if let own = reference(.handle, end, current, memory) {
                removeReference(own, memory)
            } else {
                freeIfUnreachable(end, memory)
            }
        }
        reclaim()
    }

    /// Wakes all that wait at either end.
    func wakeWaiters(_ end: Int, _ memory: Memory) {
        for channel in [memory[end, End.outbox], memory[end, End.inbox]] where channel != 0 {
            wakeAll(channel + Channel.getters.offset, memory)
            wakeAll(channel + Channel.putters.offset, memory)
        }
    }

    /// Separates an end that is about to be freed from its channels, which are freed with the second of the two ends.
    func detach(_ end: Int, _ memory: Memory) {
        let peer = memory[end, End.peer]
        wakeWaiters(end, memory)
        if case let inbox = memory[end, End.inbox], inbox != 0 {
            memory[inbox, Channel.reader] = 0
            dropMessages(inbox, memory)
        }
        if peer != 0 {
            memory[peer, End.peer] = 0
        } else {
            for channel in [memory[end, End.inbox], memory[end, End.outbox]] where channel != 0 {
                memory[channel, Shared.isPinned] = 0
                freeIfUnreachable(channel, memory)
            }
        }
    }
}
