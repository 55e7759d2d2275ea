// Channels that nobody can find any more are emptied some messages at a time, as no change may be long. Whoever is cut
// off at it is followed by the next process that makes garbage, or forks.

import Posix

extension ProcessTree {
    static var garbage: Int { Arena.start + Root.garbage.offset }

    /// The channel has no stakes any more: the words of their ring now link the garbage.
    func discardLater(_ channel: Int, _ memory: Memory) {
        memory[channel, Shared.kind] = Kind.garbage.rawValue
        memory.append(channel + Shared.stakes.offset, to: ProcessTree.garbage)
        madeGarbage = true
    }

    func sweep() {
        madeGarbage = false
        while arena.change({ memory in sweepStep(memory) }) {}
    }

    /// False when nothing is left.
    private func sweepStep(_ memory: Memory) -> Bool {
        guard let link = memory.first(of: ProcessTree.garbage) else { return false }
        let channel = link - Shared.stakes.offset
        var messages: [Int] = []
        for ring in [Channel.messages, .fallen] { messages += memory.links(of: channel + ring.offset, limit: 64) }
        for message in messages { discard(message - Message.next.offset, memory) }
        if !messages.isEmpty { return true }
        memory.remove(link)
        memory[channel, Shared.kind] = 0
        blocks.free(channel, memory)
        return true
    }
}
