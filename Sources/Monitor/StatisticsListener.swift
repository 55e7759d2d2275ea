// Gathers the statistics of a run: the clocks and the memory of workers around what is worked out in `RunStatistics`.

package import ProcessPool
import Posix

package final class StatisticsListener: RunListener {
    package private(set) var statistics: RunStatistics
    private var pids: [Int32]
    package private(set) var nextLook: Int?
    /// When the run began: the processor time of this process, and of its children.
    private let processorBefore = (own: ProcessorTime.own(), ofChildren: ProcessorTime.ofChildren())
    /// Writes what the run has come to when it ends without an end.
    private let write: (RunStatistics) -> Void

    /// `errorBytes` is what a failure gives in place of a record. `write` is called by `finish`, or when this process ends at once.
    package init(
        workers: Int, seed: UInt64, _ names: ItemNames, errorBytes: @escaping (FailedItem) -> Int,
        write: @escaping (RunStatistics) -> Void
    ) {
        let now = Clock.now()
        statistics = RunStatistics(
            start: now, workers: workers, processors: Processors.usable(), seed: seed, name: names.source,
            errorBytes: errorBytes)
        pids = Array(repeating: 0, count: statistics.workers.count)
        nextLook = ProcessMemory.nextLook(after: now, now)
        self.write = write
    }

    package func hear(_ news: RunNews, now: Int) {
        statistics.hear(news, now: now)
        switch news {
        case .started(let worker, let pid): pids[worker - 1] = pid
        case .dismissed(let worker): see(worker)
        case .died(let worker, _): pids[worker - 1] = 0
        case .ended(_, _):
            nextLook = nil
            statistics.hostProcessor = ProcessorTime.own() - processorBefore.own
            statistics.childProcessor = ProcessorTime.ofChildren() - processorBefore.ofChildren
            if statistics.isCutShort { write(statistics) }
        default: break
        }
    }

    package func look(_ view: RunView, now: Int) {
        for worker in pids.indices { see(worker + 1) }
        nextLook = ProcessMemory.nextLook(after: now, Clock.now())
    }

    /// `itemsLeft` is the number of items that were not read; nil when it is unknown.
    package func finish(_ ending: Ending, itemsLeft: Int?) {
        statistics.ending = ending
        statistics.skipped += itemsLeft ?? 0
        statistics.isRestUnknown = itemsLeft == nil
        write(statistics)
    }

    private func see(_ worker: Int) {
        let pid = pids[worker - 1]
        if pid > 0, let memory = ProcessMemory(of: pid) { statistics.see(memory, of: worker) }
    }
}
