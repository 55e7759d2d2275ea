// Ownership of semaphores, and its end when the owner ends. An owner is a process, or a pool's task while it runs.

import Lua
import Posix

/// The type that a semaphore has for scripts.
package enum SemaphoreType: Int { case semaphore, lock, recursiveLock }

/// How an owner has ended: its function returned, or it exited with status 0; or it raised, exited with another status, or
/// was killed.
enum OwnerEnd { case completed, failed }

/// What happens to an acquisition whose owner has ended: it stays acquired, or is released, with a note that it was lost.
enum Disposition { case keep, release, abandon }

extension SemaphoreType {
    /// Whether a plain acquisition has an owner: one of a semaphore has none, and any process may release one.
    var hasOwner: Bool { self != .semaphore }

    /// Whether only the owner may release it.
    var isOwnersOnly: Bool { self == .recursiveLock }

    /// What happens to what an owner has acquired, or holds by `hold` and `with`.
    func disposition(byHold: Bool, _ end: OwnerEnd) -> Disposition {
        switch (self, byHold, end) {
        case (_, true, .completed): .release
        case (_, true, .failed): .abandon
        case (.lock, false, .completed): .keep
        case (.lock, false, .failed): .abandon
        case (.recursiveLock, false, _): .abandon
        case (.semaphore, false, _): .keep
        }
    }
}

/// The acquisitions of one semaphore by one owner.
struct Holding {
    /// How often it was acquired by `acquire`.
    var plain = 0
    /// The numbers of its holds.
    var holds: [Int] = []

    static let one = Holding(plain: 1)
}

extension ProcessTree {
    func semaphoreType(_ semaphore: Int, _ memory: Memory) -> SemaphoreType {
        SemaphoreType(rawValue: memory[semaphore, Semaphore.type]) ?? .semaphore
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

    /// This process's acquisitions of it.
    func holding(_ semaphore: Int, _ memory: Memory) -> Holding {
        Holding(
            plain: reference(.acquisition, semaphore, current, memory).map { memory[$0, Reference.count] } ?? 0,
            holds: references(.hold, in: semaphore, memory).filter { memory[$0, Reference.process] == current }
                .map { memory[$0, Reference.count] }.sorted())
    }

    /// Records acquisitions of this process.
    func add(_ holding: Holding, to semaphore: Int, _ memory: Memory) throws(TreeError) {
        let isOwned = semaphoreType(semaphore, memory).hasOwner
        LocksHeld.add(holding.holds.count + (isOwned ? holding.plain : 0))
        for hold in holding.holds { try addReference(.hold, semaphore, current, count: hold, memory) }
        if holding.plain == 0 { return }
        if !isOwned { return recordAcquirer(of: semaphore, memory) }
        if let own = reference(.acquisition, semaphore, current, memory) {
            memory[own, Reference.count] += holding.plain
        } else {
            try addReference(.acquisition, semaphore, current, count: holding.plain, memory)
        }
    }

    /// Removes all acquisitions of this process.
    func remove(_ holding: Holding, of semaphore: Int, _ memory: Memory) {
        LocksHeld.add(-holding.holds.count - holding.plain)
        for own in holdings(semaphore, memory) where memory[own, Reference.process] == current {
            removeReference(own, memory)
        }
    }

    // MARK: Ends of owners

    /// Releases what this reference stands for, or leaves it acquired, as its owner, whose label this is, has ended.
    func applyDisposition(_ reference: Int, _ end: OwnerEnd, label: Int, _ memory: Memory) {
        let semaphore = memory[reference, Reference.object], owner = memory[reference, Reference.process]
        let type = semaphoreType(semaphore, memory)
        let disposition = type.disposition(
            byHold: memory[reference, Reference.role] == Reference.Role.hold.rawValue, end)
        removeReference(reference, memory)
        if disposition == .abandon { memory[semaphore, Semaphore.isAbandoned] = 1 }
        if disposition == .keep { return setLabel(.formerHolder, of: semaphore, to: label, memory) }
        let isStillOwned =
            type.isOwnersOnly && holdings(semaphore, memory).contains { memory[$0, Reference.process] == owner }
        if !isStillOwned, hasRoom(semaphore, for: 1, memory) { raise(semaphore, by: 1, memory) }
    }

    /// The holdings of this process, by object.
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

    /// Ends a task of this process, which held `before` when the task began: what it holds more was the task's.
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
            applyDisposition(reference, end, label: label, memory)
            if label != memory[current, ProcessEntry.label] { release(label: label, memory) }
            return true
        }
        return false
    }
}
