// No item waits behind a slow one while a worker is idle: what a worker has not begun is taken back from it.

import Posix

extension HostLoop {
    /// Milliseconds between two looks while somebody is idle and somebody has more than it can do at once.
    static let reliefInterval: Int64 = 2
    /// Nanoseconds, for each worker, from one look at all of them to the next: so the host has time for anything else.
    static let reliefPause = 100

    func relieve() {
        mayRelieve = ending == nil && scheduler.idleWorkers > 0
        if !mayRelieve { return relief.forget() }
        let now = Clock.now()
        if now < nextRelief { return }
        nextRelief = now + HostLoop.reliefPause * workers.count
        let loads = workers.compactMap { worker in
            worker.map { Relief.Load(worker: $0.number, left: $0.itemsLeft, current: $0.currentItem) }
        }
        mayRelieve = loads.contains { $0.left > 0 }
        if !mayRelieve { return relief.forget() }
        for order in relief.choose(loads, idle: scheduler.idleWorkers, cost: scheduler.costOfItem, now: now) {
            if let worker = workers[order.worker] { relieve(worker, order) }
        }
    }

    private func relieve(_ worker: WorkerHandle, _ order: Relief.Order) {
        var parts: [Chunk] = []
        for (slot, rest) in worker.takeBack(keeping: order.keeping) {
            let pieces = rest.parts(order.pieces)
            ledger.part(slot, into: pieces)
            parts += pieces
        }
        perform(scheduler.handle(.takenBack(worker: order.worker, parts)))
    }
}
