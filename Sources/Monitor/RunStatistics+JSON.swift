// The numbers of a run for programs.

import Bytes
import Posix
import ProcessPool
import Wire

extension RunStatistics {
    /// One object. Names that end with `_seconds` are seconds, those with `_bytes` bytes, and all others are counts.
    ///
    ///     ending              completed, halted, signal, crash_limit, output_closed, output_failed, input_failed,
    ///                         journal_failed, no_workers
    ///     seed                in decimal, as a string: it may have 64 bits
    ///     items               succeeded, failed: {error, crash, timeout}, skipped, restored (from a journal; in no other
    ///                         number), restored_failed (of those, what had failed, by kind), blank, records (items that
    ///                         gave bytes, as an error record), is_rest_unknown (skipped lacks what was not read)
    ///     input_bytes         of the input that was read; output_bytes: what items gave, or, where results are
    ///                         joined, what that came to
    ///     wall_seconds, processor_seconds (of pmap and its children), task_seconds (of all attempts)
    ///     speed_up            task_seconds / wall_seconds; efficiency: speed_up / the number of workers
    ///     workers             each: worker, items, busy_seconds, deaths, and where they were seen the most of
    ///                         shared_bytes and private_bytes of memory
    ///     slowest             each: item (its number), source, task_seconds, outcome (as in the job log, or killed)
    ///     lost                start_seconds (before the first item), tail_seconds (idle at the end, of all workers on
    ///                         average), host_seconds (processor time of pmap's own process), spill_seconds, retries and
    ///                         retry_seconds (attempts that were tried again), killed and killed_seconds (items that ran
    ///                         when the run ended, and are skipped), replacements and replacement_seconds (of workers, for
    ///                         whatever reason: from an end to the next item in that worker's place), death_seconds (the
    ///                         part of it that follows a death) and deaths, and input_wait_seconds, reader_wait_seconds,
    ///                         order_wait_seconds
    ///     joining             where results are joined: processor_seconds and wall_seconds of the script's own process,
    ///                         end_seconds (of these from the last item on), worker_seconds (of all workers)
    ///     advice              sentences
    package var json: [UInt8] {
        var writer = JSONText(isIndented: true)
        writer.object {
            $0.add("ending", ending.map(RunStatistics.word) ?? "no_workers")
            $0.add("seed", "\(seed)")
            $0.object("items", addItems)
            $0.add("input_bytes", bytesIn)
            $0.add("output_bytes", bytesOut)
            $0.add("wall_seconds", seconds: wall)
            $0.add("processor_seconds", seconds: processorTime)
            $0.add("task_seconds", seconds: busy)
            $0.add("speed_up", speedUp)
            $0.add("efficiency", efficiency)
            $0.array("workers") { for place in workers.indices { add(worker: place, &$0) } }
            $0.array("slowest") { for item in slowest { add(item, &$0) } }
            $0.object("lost", addLosses)
            if let joined {
                $0.object("joining") {
                    $0.add("processor_seconds", seconds: joined.processor)
                    $0.add("wall_seconds", seconds: joined.wall)
                    $0.add("end_seconds", seconds: joined.last)
                    $0.add("worker_seconds", seconds: workersJoined)
                }
            }
            $0.array("advice") { for sentence in Advice.sentences(of: self) { $0.add(sentence) } }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private func add(worker place: Int, _ writer: inout JSONText) {
        let worker = workers[place]
        writer.object {
            $0.add("worker", place + 1)
            $0.add("items", worker.items)
            $0.add("busy_seconds", seconds: worker.busy)
            $0.add("deaths", worker.deaths)
            guard let memory = worker.memory else { return }
            $0.add("shared_bytes", memory.shared)
            $0.add("private_bytes", memory.private)
        }
    }

    private func add(_ item: Item, _ writer: inout JSONText) {
        writer.object {
            $0.add("item", item.item)
            $0.add("source", name(of: item))
            $0.add("task_seconds", seconds: item.time.nanoseconds)
            $0.add("outcome", item.end.name)
        }
    }

    private func addItems(_ writer: inout JSONText) {
        writer.add("succeeded", succeeded)
        writer.add("failed", failed)
        writer.add("skipped", skipped)
        writer.add("restored", restored)
        writer.add("restored_failed", restoredFailures)
        writer.add("blank", blank)
        writer.add("records", records)
        writer.add("is_rest_unknown", isRestUnknown)
    }

    private func addLosses(_ writer: inout JSONText) {
        writer.add("start_seconds", seconds: startTime)
        writer.add("tail_seconds", seconds: tail)
        writer.add("host_seconds", seconds: hostProcessor)
        writer.add("spill_seconds", seconds: hostWork[.spill] ?? 0)
        writer.add("retries", retries)
        writer.add("retry_seconds", seconds: retryTime)
        writer.add("killed", killed)
        writer.add("killed_seconds", seconds: killedTime)
        writer.add("deaths", deathCount)
        writer.add("death_seconds", seconds: afterDeaths.time)
        writer.add("replacements", replacements.count)
        writer.add("replacement_seconds", seconds: replacements.time)
        for wait in RunWait.allCases { writer.add("\(wait)_wait_seconds", seconds: waits[wait] ?? 0) }
    }

    private static func word(_ ending: Ending) -> String {
        switch ending {
        case .completed: "completed"
        case .halted: "halted"
        case .signal: "signal"
        case .crashLoop: "crash_limit"
        case .outputClosed: "output_closed"
        case .outputFailed: "output_failed"
        case .inputFailed: "input_failed"
        case .logFailed: "journal_failed"
        case .joinFailed: "join_failed"
        case .noWorkers: "no_workers"
        }
    }
}

extension JSONText {
    fileprivate mutating func add(_ name: String, seconds nanoseconds: Int) { add(name, Double(nanoseconds) / 1e9) }

    fileprivate mutating func add(_ name: String, _ failures: [Failure.Kind: Int]) {
        object(name) { for kind in Failure.Kind.allCases { $0.add(kind.rawValue, failures[kind] ?? 0) } }
    }
}
