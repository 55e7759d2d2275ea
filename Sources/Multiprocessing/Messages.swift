// Messages: values in the arena, with the handles that are in them.
//
// A message is in the hand of the process that makes it until it is put, and in that of the one that takes it until
// it has been read: when a process dies, what is in its hand is freed, and nothing else is touched.

import Posix
package import Wire

/// What a message is to those who find it in a dead process's hand.
package enum MessageKind {
    case value
    /// Of a pool: it is run by another worker.
    case task
    /// What is whole of it is kept, with the task it belongs to.
    case results

    var kind: Kind {
        switch self {
        case .value: .message
        case .task: .task
        case .results: .results
        }
    }
}

/// A message in this process's hand.
package struct Received {
    let message: Int
    package let size: Int

    /// What was put, to be decoded where it lies.
    package func bytes() -> WireBuffer { ArenaBytes.view(message + Message.bytes.offset, count: size) }
}

extension ProcessTree {
    /// A message that nobody else knows of yet.
    func makeMessage(
        size: Int, for channel: Int, as kind: MessageKind = .value, _ memory: Memory
    ) throws(TreeError) -> Int {
        let message = try allocate(Message.bytes.offset + size, memory)
        memory[message, Message.kind] = kind.kind.rawValue
        memory[message, Message.channel] = channel
        memory[message, Message.size] = size
        memory.makeList(message + Message.references.offset)
        hold(message, memory)
        return message
    }

    /// The same with handles in it.
    func makeMessage(
        size: Int, carrying handles: Set<Int>, for channel: Int
    ) throws(TreeError) -> Int {
        let message = try changing { memory throws(TreeError) in try makeMessage(size: size, for: channel, memory) }
        try carry(handles, in: message)
        return message
    }

    /// The message, which is still in this process's hand, gets these handles, or is freed.
    func carry(_ handles: Set<Int>, in message: Int) throws(TreeError) {
        do throws(TreeError) { try attach(handles, to: message) } catch {
            cleanUp { [unowned self] memory in discard(message, memory) }
            throw error
        }
    }

    /// The message, which is nowhere, comes into this process's hand.
    func hold(_ message: Int, _ memory: Memory) {
        memory[message, Message.holder] = current
        memory.append(message + Message.next.offset, to: current + ProcessEntry.hand.offset)
    }

    /// The message has these handles: what they are of stays while it does. This process has them as well.
    func attach(_ handles: Set<Int>, to message: Int) throws(TreeError) {
        var rest = Array(handles)[...]
        while !rest.isEmpty {
            let some = rest.prefix(64)
            rest = rest.dropFirst(64)
            try changing { memory throws(TreeError) in
                for handle in some where isShared(handle, memory) {
                    try addReference(from: message, to: handle, memory)
                }
            }
        }
    }

    // MARK: The end

    /// Frees a message, wherever it is; what it has handles of may be more than one change can free.
    func discard(_ message: Int, _ memory: Memory) {
        memory.remove(message + Message.next.offset)
        if memory.isEmpty(message + Message.references.offset) { return blocks.free(message, memory) }
        drop(message: message, memory)
    }

    /// Puts a message that is in no list into the garbage list; `reclaim` frees it.
    func drop(message: Int, _ memory: Memory) {
        memory[message, Message.holder] = 0
        memory.append(message + Message.next.offset, to: Arena.start + Root.garbage.offset)
        leavesGarbage = true
    }

    /// Moves what is left in a channel that nobody knows of any more to the garbage list; `reclaim` frees it, as it may be
    /// more than one change can do.
    func dropMessages(_ channel: Int, _ memory: Memory) {
        for list in [Channel.messages, .fallen] {
            memory.moveAll(from: channel + list.offset, to: Arena.start + Root.garbage.offset)
        }
        leavesGarbage = true
    }

    /// Frees the garbage list, and what only that has kept.
    func reclaim() {
        if isReclaiming { return }
        isReclaiming = true
        defer { isReclaiming = false }
        let garbage = Arena.start + Root.garbage.offset
        while change({ memory in
            for _ in 0..<64 {
                guard let link = memory.first(of: garbage) else { return checkNextCandidate(memory) }
                let message = link - Message.next.offset, words = message + Message.bytes.offset
                let hasReferences = memory.removeEach(of: message + Message.references.offset) { reference in
                    removeReference(reference - Reference.inProcess.offset, memory)
                }
                if hasReferences { return true }
                if memory[message, Message.kind] == Kind.task.rawValue, memory[words, TaskWords.results] != 0 {
                    discard(memory[words, TaskWords.results], memory)
                }
                discard(message, memory)
            }
            return true
        }) {}
    }
}
