// Who owns what of a semaphore, and what becomes of it when the owner ends. An owner is a process, or a pool's task
// while it runs.

import Lua
import Posix

/// What a semaphore is to scripts.
package enum Variety: Int { case semaphore, lock, recursiveLock }

/// How an owner has ended: its function returned, or it left with status 0; or it raised, left with another status, or
/// was killed.
enum OwnerEnd { case left, lost }

/// What becomes of what an ended owner had.
enum Inheritance { case staysTaken, free, abandoned }

extension Variety {
    /// Whose a plain acquisition is: one of a semaphore is nobody's, and anybody gives one.
    var hasOwner: Bool { self != .semaphore }

    /// Whether only the owner may release it.
    var isOwnersOnly: Bool { self == .recursiveLock }

    /// What becomes of what an owner has acquired, or holds by `hold` and `with`.
    func inheritance(byHold: Bool, _ end: OwnerEnd) -> Inheritance {
        switch (self, byHold, end) {
        case (_, true, .left): .free
        case (_, true, .lost): .abandoned
        case (.lock, false, .left): .staysTaken
        case (.lock, false, .lost): .abandoned
        case (.recursiveLock, false, _): .abandoned
        case (.semaphore, false, _): .staysTaken
        }
    }
}

/// What an owner has of one semaphore.
struct Holding {
    /// How often it was acquired.
    var plain = 0
    /// The numbers of its holds.
    var holds: [Int] = []

    static let one = Holding(plain: 1)
}

extension ProcessTree {
    func variety(_ semaphore: Int, _ memory: Memory) -> Variety {
        Variety(rawValue: memory[semaphore, Semaphore.variety]) ?? .semaphore
    }

    func isHolding(_ role: Int) -> Bool {
        role == Reference.Role.acquisition.rawValue || role == Reference.Role.hold.rawValue
    }

    /// The references of the processes that hold it, in either way.
    func holdings(_ semaphore: Int, _ memory: Memory) -> [Int] {
        references(.acquisition, in: semaphore, memory) + references(.hold, in: semaphore, memory)
    }

    func isMine(_ semaphore: Int, _ memory: Memory) -> Bool {
        reference(.acquisition, semaphore, current, memory) != nil
            || reference(.hold, semaphore, current, memory) != nil
    }

    /// What this process has of it.
    func holding(_ semaphore: Int, _ memory: Memory) -> Holding {
        Holding(
            plain: reference(.acquisition, semaphore, current, memory).map { memory[$0, Reference.count] } ?? 0,
            holds: references(.hold, in: semaphore, memory).filter { memory[$0, Reference.process] == current }
                .map { memory[$0, Reference.count] }.sorted())
    }

    /// This process has it from now on.
    func add(_ holding: Holding, to semaphore: Int, _ memory: Memory) throws(TreeError) {
        let isOwned = variety(semaphore, memory).hasOwner
        TaskHoldings.note(holding.holds.count + (isOwned ? holding.plain : 0))
        for hold in holding.holds { try addReference(.hold, semaphore, current, count: hold, memory) }
        if holding.plain == 0 { return }
        if !isOwned { return noteTaker(of: semaphore, memory) }
        if let own = reference(.acquisition, semaphore, current, memory) {
            memory[own, Reference.count] += holding.plain
        } else {
            try addReference(.acquisition, semaphore, current, count: holding.plain, memory)
        }
    }

    /// Gives all up that this process has of it.
    func remove(_ holding: Holding, of semaphore: Int, _ memory: Memory) {
        TaskHoldings.note(-holding.holds.count - holding.plain)
        for own in holdings(semaphore, memory) where memory[own, Reference.process] == current {
            removeReference(own, memory)
        }
    }

    // MARK: Ends

    /// Releases what this reference stands for, or leaves it acquired, as its owner, whose label this is, has ended.
    func inherit(_ reference: Int, _ end: OwnerEnd, label: Int, _ memory: Memory) {
        let semaphore = memory[reference, Reference.object], owner = memory[reference, Reference.process]
        let variety = variety(semaphore, memory)
        let inheritance = variety.inheritance(
            byHold: memory[reference, Reference.role] == Reference.Role.hold.rawValue, end)
        removeReference(reference, memory)
        if inheritance == .abandoned { memory[semaphore, Semaphore.isAbandoned] = 1 }
        if inheritance == .staysTaken { return setLabel(.formerHolder, of: semaphore, to: label, memory) }
        let isStillOwned =
            variety.isOwnersOnly && holdings(semaphore, memory).contains { memory[$0, Reference.process] == owner }
        if !isStillOwned, hasRoom(semaphore, for: 1, memory) { raise(semaphore, by: 1, memory) }
    }

    /// What this process holds now, by object.
    func allHoldings() -> [Int: Holding] {
        change { memory in
            Dictionary(
                myHoldings(memory).map {
                    (memory[$0, Reference.object], holding(memory[$0, Reference.object], memory))
                },
                uniquingKeysWith: { first, _ in first })
        }
    }

    private func myHoldings(_ memory: Memory) -> [Int] {
        memory.links(of: current + ProcessEntry.references.offset).map { $0 - Reference.inProcess.offset }
            .filter { isHolding(memory[$0, Reference.role]) }
    }

    /// A task has ended in this process, which had `before` when the task began: what it has more was the task's.
    func endTask(_ end: OwnerEnd, since before: [Int: Holding]) {
        while change({ memory in endTaskStep(end, before, memory) }) {}
    }

    private func endTaskStep(_ end: OwnerEnd, _ before: [Int: Holding], _ memory: Memory) -> Bool {
        for reference in myHoldings(memory) {
            let count = memory[reference, Reference.count],
                known = before[memory[reference, Reference.object]] ?? Holding()
            if memory[reference, Reference.role] == Reference.Role.hold.rawValue {
                if known.holds.contains(count) { continue }
            } else if known.plain > 0 {
                memory[reference, Reference.count] = min(count, known.plain)
                continue
            }
            let label =
                (try? makeLabel("a task of \(name(current, memory))", memory)) ?? memory[current, ProcessEntry.label]
            inherit(reference, end, label: label, memory)
            if label != memory[current, ProcessEntry.label] { forget(label: label, memory) }
            return true
        }
        return false
    }
}
