// No item waits behind a slow one while a worker is idle: what a worker has not begun is taken back from it.

import Posix

extension HostLoop {
    /// Milliseconds between two looks while somebody is idle and somebody has more than it can do at once.
    static let reliefInterval: Int64 = 2

    var mayRelieve: Bool { ending == nil && scheduler.idleWorkers > 0 && workers.contains { ($0?.itemsLeft ?? 0) > 0 } }

    func relieve() {
        if !mayRelieve { relief.forget() }
        for _ in workers where mayRelieve {
            if !relieveOne() { break }
        }
    }

    /// Relieves the worker that has most left, if that is worth it.
    private func relieveOne() -> Bool {
        let loads = workers.compactMap { worker in
            worker.map { Relief.Load(worker: $0.number, left: $0.itemsLeft, current: $0.currentItem) }
        }
        let order = relief.choose(loads, idle: scheduler.idleWorkers, cost: scheduler.costOfItem, now: Clock.now())
        guard let order, let worker = workers[order.worker] else { return false }
        var parts: [Chunk] = []
        for (slot, rest) in worker.takeBack(keeping: order.keeping) {
            var slot = slot
            for part in rest.parts(order.pieces) {
                ledger.part(slot, from: part)
                slot = part.slot
                parts.append(part)
            }
        }
        perform(scheduler.handle(.takenBack(worker: order.worker, parts)))
        return !parts.isEmpty
    }
}
