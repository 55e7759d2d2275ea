// Messages: values in the arena, with the handles that are in them.
//
// A message is owned by the process that makes it until it is put, and by the one that gets it until it has been read:
// when a process dies, the messages that it owns are freed, and no others.

package import Bytes
import Posix

/// The kind of a message, which decides what happens to it when its owner dies.
package enum MessageKind {
    /// It is freed.
    case value
    /// Another worker of the pool runs it.
    case task
    /// Those that are complete are kept, with the task that they belong to.
    case results

    var blockKind: Kind {
        switch self {
        case .value: .message
        case .task: .task
        case .results: .results
        }
    }
}

/// A message that this process owns.
package struct ReceivedMessage {
    let message: Int
    package let size: Int

    /// The bytes that were put, to be decoded in place.
    package func bytes() -> ByteBuffer { ArenaBytes.view(message + Message.bytes.offset, count: size) }
}

extension ProcessTree {
    /// A new message, which this process owns.
    func makeMessage(
        size: Int, for channel: Int, as kind: MessageKind = .value, _ memory: Memory
    ) throws(TreeError) -> Int {
        let message = try allocate(Message.bytes.offset + size, memory)
        memory[message, Message.kind] = kind.blockKind.rawValue
        memory[message, Message.channel] = channel
        memory[message, Message.size] = size
        memory.makeList(message + Message.references.offset)
        takeOwnership(of: message, memory)
        return message
    }

    /// The same with handles in it.
    func makeMessage(
        size: Int, handles: Set<Int>, for channel: Int
    ) throws(TreeError) -> Int {
        let message = try timedChange { memory throws(TreeError) in try makeMessage(size: size, for: channel, memory) }
        try attachOrDiscard(handles, to: message)
        return message
    }

    /// Attaches these handles to a message that this process owns; frees the message if that fails.
    func attachOrDiscard(_ handles: Set<Int>, to message: Int) throws(TreeError) {
        do throws(TreeError) { try attach(handles, to: message) } catch {
            cleanUp { [unowned self] memory in discard(message, memory) }
            throw error
        }
    }

    /// Makes this process the owner of a message that is in no list.
    func takeOwnership(of message: Int, _ memory: Memory) {
        memory[message, Message.owner] = current
        memory.append(message + Message.next.offset, to: current + ProcessEntry.messages.offset)
    }

    /// Attaches handles, which this process has as well, to a message: their objects stay as long as it does.
    func attach(_ handles: Set<Int>, to message: Int) throws(TreeError) {
        var rest = Array(handles)[...]
        while !rest.isEmpty {
            let some = rest.prefix(64)
            rest = rest.dropFirst(64)
            try timedChange { memory throws(TreeError) in
                for handle in some where isShared(handle, memory) {
                    try addReference(from: message, to: handle, memory)
                }
            }
        }
    }

    // MARK: Freeing

    /// Frees a message, in whatever list it is, or drops it, as the objects of its handles may be more than one change can
    /// free.
    func discard(_ message: Int, _ memory: Memory) {
        memory.remove(message + Message.next.offset)
        if memory.isEmpty(message + Message.references.offset) { return blocks.free(message, memory) }
        drop(message: message, memory)
    }

    /// Puts a message that is in no list into the garbage list; `reclaim` frees it.
    func drop(message: Int, _ memory: Memory) {
        memory[message, Message.owner] = 0
        memory.append(message + Message.next.offset, to: Arena.start + Root.garbage.offset)
        leavesGarbage = true
    }

    /// Moves what is left in a channel that nobody knows of any more to the garbage list; `reclaim` frees it, as it may be
    /// more than one change can do.
    func dropMessages(_ channel: Int, _ memory: Memory) {
        for list in [Channel.messages, .orphans] {
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
