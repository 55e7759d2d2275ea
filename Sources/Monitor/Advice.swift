// What would make a run faster, and why: sentences that follow from its numbers.

import Posix
import ProcessPool
import Wire

package enum Advice {
    /// A sentence, and how much of the run it is about.
    private struct Finding {
        let share: Double
        let sentence: String
    }

    /// Sentences at most.
    private static let most = 3
    /// Shares of a run from which something is worth a sentence.
    private static let (much, some) = (0.2, 0.05)
    /// Nanoseconds: of an item that is short, and of a start that forks explain.
    private static let (short, fork) = (5_000, 200_000_000)
    /// Nanoseconds of a run that nobody waits for.
    private static let instant = 50_000_000
    /// Items from which short ones are worth a sentence.
    private static let many = 10_000

    /// One to three sentences, the one about the largest part of the run first.
    package static func sentences(of run: RunStatistics) -> [String] {
        if run.items == 0 { return ["no item was run"] }
        let own = [deaths(run), replacements(run), retries(run)]
        // Of a run that is over at once the rest of its time says nothing.
        let others =
            run.wall < instant
            ? [] : [start(run), end(run), host(run), joining(run), input(run), reader(run), order(run)]
        let sorted = (own + others).compactMap { $0 }.sorted { $0.share > $1.share }
        return sorted.isEmpty ? [summary(run)] : sorted.prefix(most).map(\.sentence)
    }

    // MARK: What takes time

    private static func start(_ run: RunStatistics) -> Finding? {
        let time = workerStart(run)
        let share = RunStatistics.ratio(time, run.wall)
        if run.workerCount > 0, time < fork, run.busy < time, share >= much {
            return Finding(share: 1, sentence: needless(run))
        }
        if share < much { return nil }
        return Finding(
            share: share,
            sentence:
                "\(percent(share)) of the run went by before the first item began: setup, and the start of the workers"
        )
    }

    private static func end(_ run: RunStatistics) -> Finding? {
        if let (item, time) = run.lonely, RunStatistics.ratio(time, run.wall) >= much {
            let share = RunStatistics.ratio(time, run.wall)
            let wasFirst = item.time.start - (run.firstItem ?? run.start) < run.wall / 10
            let advice =
                wasFirst ? "no number of workers makes that shorter, only smaller items do" : "put long items first"
            return Finding(
                share: share,
                sentence:
                    "\(percent(share)) of the run one item ran alone, \(run.name(of: item)) (\(duration(item.time.nanoseconds))): \(advice)"
            )
        }
        let share = RunStatistics.ratio(run.tail, run.wall)
        if share < much { return nil }
        let idle = "workers had nothing left to do for \(percent(share)) of the run"
        let advice =
            run.items < run.workerCount
            ? "there were \(run.items) items for \(run.workerCount) of them: -j\(run.items) is as fast"
            : "put long items first"
        return Finding(share: share, sentence: "\(idle): \(advice)")
    }

    private static func host(_ run: RunStatistics) -> Finding? {
        if run.workerCount == 0 { return nil }
        let mean = run.busy / run.items
        let share = RunStatistics.ratio(run.hostProcessor, run.wall)
        let idle = 1 - run.efficiency - RunStatistics.ratio(run.joined?.last ?? 0, run.wall)
        if mean < short, run.items >= many, idle > 0.1 {
            return Finding(
                share: idle,
                sentence:
                    "items take \(duration(mean)), about what it costs to hand one to a worker: put several into one item; -j1 or -j0 may be as fast"
            )
        }
        if share < 0.8 { return nil }
        return Finding(
            share: share,
            sentence:
                "pmap's own process was busy \(percent(share)) of the time, which no worker can help with: return fewer and shorter records, or make an item more work"
        )
    }

    private static func joining(_ run: RunStatistics) -> Finding? {
        guard let joined = run.joined else { return nil }
        let share = RunStatistics.ratio(joined.processor, run.wall)
        if share >= 0.8 && run.efficiency < 0.9 {
            let time = share > 0.95 ? "all the time" : "\(percent(share)) of the time"
            return Finding(
                share: share,
                sentence:
                    "the script's own process was busy joining \(time), which no worker can help with: return smaller results, or fewer keys"
            )
        }
        let last = RunStatistics.ratio(joined.last, run.wall)
        if last < much { return nil }
        return Finding(
            share: last,
            sentence:
                "\(percent(last)) of the run went by after the last item, in the script's own process: in joining the rest, or in finish"
        )
    }

    private static func input(_ run: RunStatistics) -> Finding? {
        let share = RunStatistics.ratio(run.waits[.input] ?? 0, run.wall)
        if share < much || run.efficiency > 0.8 { return nil }
        return Finding(
            share: share,
            sentence: "workers waited for the input \(percent(share)) of the time: what makes it is the slow part")
    }

    private static func reader(_ run: RunStatistics) -> Finding? {
        let share = RunStatistics.ratio(run.waits[.reader] ?? 0, run.wall)
        if share < much { return nil }
        return Finding(
            share: share,
            sentence: "the reader of standard output was slow: pmap waited for it \(percent(share)) of the time")
    }

    private static func order(_ run: RunStatistics) -> Finding? {
        let time = (run.waits[.order] ?? 0) + (run.hostWork[.spill] ?? 0)
        let share = RunStatistics.ratio(time, run.wall)
        if share < some { return nil }
        return Finding(
            share: share,
            sentence:
                "results waited for one early item, on the disk or with the workers idle, \(percent(share)) of the time: -u writes them as they finish"
        )
    }

    private static func deaths(_ run: RunStatistics) -> Finding? {
        let share = RunStatistics.ratio(run.afterDeaths.time, run.wall * run.workers.count)
        if share < some || run.deathCount < 2 { return nil }
        let each = duration(run.afterDeaths.time / max(1, run.afterDeaths.count))
        return Finding(
            share: share,
            sentence:
                "a worker dies every \(every(run.deathCount, run)), and each death costs \(each): the messages say of what, and --errors FILE has them all"
        )
    }

    private static func replacements(_ run: RunStatistics) -> Finding? {
        let share = RunStatistics.ratio(run.afterLeaving.time, run.wall * run.workers.count)
        if share < some || run.afterLeaving.count < 2 { return nil }
        let each = duration(run.afterLeaving.time / run.afterLeaving.count)
        return Finding(
            share: share,
            sentence:
                "a worker is replaced every \(every(run.afterLeaving.count, run)), and each time costs \(each): let --max-tasks be more"
        )
    }

    private static func retries(_ run: RunStatistics) -> Finding? {
        let share = RunStatistics.ratio(run.retryTime, run.busy)
        if share < much { return nil }
        return Finding(
            share: share * min(1, run.efficiency),
            sentence:
                "\(percent(share)) of the time in tasks went into attempts that failed and were tried again: --errors FILE shows what fails in the end, and fewer --retries cost less"
        )
    }

    // MARK: When nothing stands out

    private static func summary(_ run: RunStatistics) -> String {
        if run.wall < instant { return run.workerCount > 0 && run.busy < run.wall ? needless(run) : overAtOnce(run) }
        let busy = "\(percent(run.efficiency)) of the time"
        let mean = run.busy / run.items
        if run.workerCount < 2 && mean < short {
            return
                "items take \(duration(mean)), about what it costs to hand one to a worker: more workers would change little"
        }
        if run.workerCount < 2 && run.processors > 1 {
            return
                "one process ran all items, and this machine has \(run.processors) processors: -j\(run.processors) uses them"
        }
        if run.efficiency < 0.8 { return "nothing stands out; the workers were in tasks \(busy)" }
        if run.workerCount > run.processors,
            RunStatistics.ratio(run.processorTime, run.wall * run.processors) > 0.9
        {
            let busy = run.processors == 1 ? "the processor was" : "all \(run.processors) processors were"
            return "\(busy) busy: more workers than -j\(run.processors) make nothing faster"
        }
        let computing = RunStatistics.ratio(run.processorTime, run.busy)
        if computing < 0.5 {
            return
                "tasks waited, as for a disk or the network, \(percent(1 - computing)) of their time: more workers run more of them at once, as with -j\(2 * max(1, run.workerCount))"
        }
        return "the workers were in tasks \(busy): only a faster task or more processors make this shorter"
    }

    private static func needless(_ run: RunStatistics) -> String {
        "the tasks took \(duration(run.busy)) together, and the start of the workers \(duration(workerStart(run))): -j0 does without them"
    }

    private static func overAtOnce(_ run: RunStatistics) -> String {
        "the run took \(duration(run.wall)), and its tasks \(duration(run.busy)) together: there is nothing to gain"
    }

    // MARK: Numbers

    /// What went by before the first item, and not for want of it.
    private static func workerStart(_ run: RunStatistics) -> Int { max(0, run.startTime - (run.waits[.input] ?? 0)) }

    /// `12 items`
    private static func every(_ count: Int, _ run: RunStatistics) -> String {
        let items = max(1, Int((Double(run.items) / Double(count)).rounded()))
        return items == 1 ? "item" : "\(items) items"
    }

    static func percent(_ share: Double) -> String { "\(Int((100 * min(share, 1)).rounded()))%" }

    /// `0.2 µs`, `3.1 ms`, `2.31 s`, `1:02:03`
    static func duration(_ nanoseconds: Int) -> String {
        let seconds = Double(nanoseconds) / 1e9
        switch nanoseconds {
        case ..<999_950: return "\((seconds * 1e7).rounded() / 10) µs"
        case ..<999_950_000: return "\((seconds * 1e4).rounded() / 10) ms"
        case ..<99_995_000_000: return "\((seconds * 100).rounded() / 100) s"
        default: return ProgressLine.time(seconds)
        }
    }
}
