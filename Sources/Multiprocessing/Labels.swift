// What processes are called, for reports that may have to name one that has ended: each label counts those who keep it.

import Posix

extension ProcessTree {
    /// A label with one reference.
    func makeLabel(_ text: String, _ memory: Memory) throws(TreeError) -> Int {
        let label = try allocate(8 * Label.words, memory)
        memory[label, Label.kind] = Kind.label.rawValue
        memory[label, Label.references] = 1
        memory[label, Label.length] = ArenaBytes.copy(text, to: label + Label.text.offset, limit: Label.textBytes)
        return label
    }

    func text(ofLabel label: Int, _ memory: Memory) -> String {
        ArenaBytes.text(label + Label.text.offset, count: memory[label, Label.length])
    }

    /// What a process is called.
    func name(_ process: Int, _ memory: Memory) -> String { text(ofLabel: memory[process, ProcessEntry.label], memory) }

    /// A reference goes; 0 is none.
    func forget(label: Int, _ memory: Memory) {
        if label == 0 { return }
        memory[label, Label.references] -= 1
        if memory[label, Label.references] == 0 { blocks.free(label, memory) }
    }

    /// The word gets another label, or 0.
    func setLabel(_ field: Semaphore, of semaphore: Int, to label: Int, _ memory: Memory) {
        if label != 0 { memory[label, Label.references] += 1 }
        forget(label: memory[semaphore, field], memory)
        memory[semaphore, field] = label
    }

    // MARK: Who has acquired a semaphore

    /// This process comes to the front of those who have acquired it last.
    func noteTaker(of semaphore: Int, _ memory: Memory) {
        let takers = semaphore + Semaphore.takers.offset, mine = memory[current, ProcessEntry.label]
        if memory[takers] == mine { return }
        var place = 1
        while place < Semaphore.mostTakers - 1, memory[takers + 8 * place] != mine { place += 1 }
        let last = memory[takers + 8 * place]
        if last != mine {
            memory[mine, Label.references] += 1
            forget(label: last, memory)
        }
        while place > 0 {
            memory[takers + 8 * place] = memory[takers + 8 * (place - 1)]
            place -= 1
        }
        memory[takers] = mine
    }

    /// What those are called who have acquired it last, the last one first.
    func takers(of semaphore: Int, _ memory: Memory) -> [String] {
        (0..<Semaphore.mostTakers).map { memory[semaphore + Semaphore.takers.offset + 8 * $0] }.filter { $0 != 0 }
            .map { text(ofLabel: $0, memory) }
    }

    /// The semaphore goes.
    func forgetLabels(of semaphore: Int, _ memory: Memory) {
        setLabel(.formerHolder, of: semaphore, to: 0, memory)
        for place in 0..<Semaphore.mostTakers {
            forget(label: memory[semaphore + Semaphore.takers.offset + 8 * place], memory)
        }
    }
}
