// Reference cycles: a queue that is in itself, or two that are in each other, have handles in messages that nobody can get
// any more. An object that is left with such handles alone becomes a candidate, which is checked when the garbage list is
// empty.

import Posix

extension ProcessTree {
    /// The object may be in a cycle: no process has a handle of it, but messages have.
    func addCandidate(_ object: Int, _ memory: Memory) {
        leavesGarbage = true
        guard memory.isEmpty(object + Shared.candidate.offset) else { return }
        memory.append(object + Shared.candidate.offset, to: Arena.start + Root.candidates.offset)
    }

    /// Checks the next candidate, while no message is garbage, and drops the messages that keep it if it is unreachable;
    /// false when there is none.
    func checkNextCandidate(_ memory: Memory) -> Bool {
        guard let link = memory.first(of: Arena.start + Root.candidates.offset) else { return false }
        memory.remove(link)
        for each in unreachableObjects(from: link - Shared.candidate.offset, memory) {
            switch kind(each, memory) {
            case .channel: dropMessages(each, memory)
            case .end where memory[each, End.inbox] != 0: dropMessages(memory[each, End.inbox], memory)
            case .sharedFunction where memory[each, SharedFunction.handles] != 0:
                drop(message: memory[each, SharedFunction.handles], memory)
                memory[each, SharedFunction.handles] = 0
            default: break
            }
        }
        return true
    }

    /// The object with all those in whose messages it is, directly or not; none if a process can reach one of them.
    private func unreachableObjects(from object: Int, _ memory: Memory) -> Set<Int> {
        var known: Set = [object], open = [object]
        if hasHandle(object, memory) { return [] }
        while let each = open.popLast() {
            let list = each + Shared.messageReferences.offset
            var next = memory.first(of: list)
            while let link = next {
                next = memory.next(after: link, in: list)
                var message = memory[link - Reference.inObject.offset, Reference.process]
                // Results of a dead worker belong to their task.
                if memory[message, Message.kind] == Kind.results.rawValue, memory[message, Message.owner] == 0 {
                    message = memory[message, Message.channel]
                }
                if memory[message, Message.owner] != 0 { return [] }
                var container = memory[message, Message.channel]
                if kind(container, memory) == .channel, memory[container, Shared.isPinned] != 0 {
                    container = memory[container, Channel.reader]
                }
                guard isShared(container, memory), known.insert(container).inserted else { continue }
                if hasHandle(container, memory) { return [] }
                open.append(container)
            }
        }
        return known
    }
}
