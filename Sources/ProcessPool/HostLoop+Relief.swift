// No item waits behind a slow one while a worker is idle: what a worker has not begun is taken back from it.

import Posix

extension HostLoop {
    /// Milliseconds between two looks while somebody is idle and somebody has more than it can do at once.
    static let reliefInterval: Int64 = 2
    /// Nanoseconds that make an item a slow one, and that make items worth the way to another worker.
    private static let slowItem = 2_000_000
    private static let worthwhile = 1_000_000.0

    var mayRelieve: Bool { ending == nil && scheduler.hasIdleWorker && workers.contains { ($0?.itemsLeft ?? 0) > 0 } }

    func relieve() {
        guard mayRelieve else { return seen = [:] }
        let now = Clock.now()
        for case let worker? in workers where seen[worker.number]?.item != worker.currentItem {
            seen[worker.number] = (worker.currentItem, now)
        }
        guard let worker = workers.compactMap({ $0 }).max(by: { $0.itemsLeft < $1.itemsLeft }) else { return }
        let left = worker.itemsLeft
        let isStuck = seen[worker.number].map { now - $0.since >= HostLoop.slowItem } ?? false
        if isStuck || scheduler.cost(ofItems: left) >= HostLoop.worthwhile {
            takeBack(from: worker, keeping: isStuck ? 0 : left / 2)
        }
    }

    private func takeBack(from worker: WorkerHandle, keeping: Int) {
        let taken = worker.takeBack(keeping: keeping)
        for (slot, rest) in taken { ledger.part(slot, from: rest) }
        perform(scheduler.handle(.takenBack(worker: worker.number, taken.map(\.rest))))
    }
}
