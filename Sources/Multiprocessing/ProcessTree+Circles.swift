// Circles: a queue in itself, or two that are in each other, have handles in messages that nobody can get any more. Each
// time an object is left with such handles alone it is suspected, and looked at when all rubbish is swept.

import Posix

extension ProcessTree {
    /// No process has a handle of it, but messages have.
    func suspect(_ object: Int, _ memory: Memory) {
        leavesRubbish = true
        guard memory.isEmpty(object + Shared.suspect.offset) else { return }
        memory.append(object + Shared.suspect.offset, to: Arena.start + Root.suspects.offset)
    }

    /// Clears the next suspect, or drops the messages that keep it; false when there is none. No message is rubbish now.
    func judgeNext(_ memory: Memory) -> Bool {
        guard let link = memory.first(of: Arena.start + Root.suspects.offset) else { return false }
        memory.remove(link)
        for each in forsaken(link - Shared.suspect.offset, memory) {
            switch kind(each, memory) {
            case .channel: dropMessages(each, memory)
            case .end where memory[each, End.inbox] != 0: dropMessages(memory[each, End.inbox], memory)
            case .blob where memory[each, Blob.carrier] != 0:
                drop(message: memory[each, Blob.carrier], memory)
                memory[each, Blob.carrier] = 0
            default: break
            }
        }
        return true
    }

    /// The object with all those in whose messages it is, directly or not; none if a process can come to one of them.
    private func forsaken(_ object: Int, _ memory: Memory) -> Set<Int> {
        var known: Set = [object], open = [object]
        if hasReferrer(object, memory) { return [] }
        while let each = open.popLast() {
            let list = each + Shared.bringers.offset
            var next = memory.first(of: list)
            while let link = next {
                next = memory.next(after: link, in: list)
                var message = memory[link - Stake.inObject.offset, Stake.process]
                // Results that a dead worker has left are where their task is.
                if memory[message, Message.kind] == Kind.results.rawValue, memory[message, Message.holder] == 0 {
                    message = memory[message, Message.channel]
                }
                if memory[message, Message.holder] != 0 { return [] }
                var keeper = memory[message, Message.channel]
                if kind(keeper, memory) == .channel, memory[keeper, Shared.isKept] != 0 {
                    keeper = memory[keeper, Channel.reader]
                }
                guard isShared(keeper, memory), known.insert(keeper).inserted else { continue }
                if hasReferrer(keeper, memory) { return [] }
                open.append(keeper)
            }
        }
        return known
    }
}
