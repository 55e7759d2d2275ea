// Labels: reference-counted names of processes, for reports that may have to name one that has ended.

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

    /// The name of a process.
    func name(_ process: Int, _ memory: Memory) -> String { text(ofLabel: memory[process, ProcessEntry.label], memory) }

    /// Drops a reference; 0 is no label.
    func release(label: Int, _ memory: Memory) {
        if label == 0 { return }
        memory[label, Label.references] -= 1
        if memory[label, Label.references] == 0 { blocks.free(label, memory) }
    }

    /// Sets the word to another label, or 0.
    func setLabel(_ field: Semaphore, of semaphore: Int, to label: Int, _ memory: Memory) {
        if label != 0 { memory[label, Label.references] += 1 }
        release(label: memory[semaphore, field], memory)
        memory[semaphore, field] = label
    }

    // MARK: Acquirers of a semaphore

    /// Moves this process to the front of those that have acquired the semaphore last.
    func recordAcquirer(of semaphore: Int, _ memory: Memory) {
        let acquirers = semaphore + Semaphore.acquirers.offset, mine = memory[current, ProcessEntry.label]
        if memory[acquirers] == mine { return }
        var index = 1
        while index < Semaphore.maximumAcquirers - 1, memory[acquirers + 8 * index] != mine { index += 1 }
        let last = memory[acquirers + 8 * index]
        if last != mine {
            memory[mine, Label.references] += 1
            release(label: last, memory)
        }
        while index > 0 {
            memory[acquirers + 8 * index] = memory[acquirers + 8 * (index - 1)]
            index -= 1
        }
        memory[acquirers] = mine
    }

    /// The names of those that have acquired it last, the last one first.
    func acquirers(of semaphore: Int, _ memory: Memory) -> [String] {
        (0..<Semaphore.maximumAcquirers).map { memory[semaphore + Semaphore.acquirers.offset + 8 * $0] }.filter {
            $0 != 0
        }
        .map { text(ofLabel: $0, memory) }
    }

    /// Drops the labels of a semaphore that is about to be freed.
    func releaseLabels(of semaphore: Int, _ memory: Memory) {
        setLabel(.formerHolder, of: semaphore, to: 0, memory)
        for index in 0..<Semaphore.maximumAcquirers {
            release(label: memory[semaphore + Semaphore.acquirers.offset + 8 * index], memory)
        }
    }
}
