// The numbers of a run for programs.

import Bytes
import Posix
import ProcessPool
import Records
import Wire

extension RunStatistics {
    /// One object. Names that end with `_seconds` are seconds, those with `_bytes` bytes, and all others are counts.
    ///
    ///     ending              completed, halted, signal, crash_limit, output_closed, output_failed, input_failed,
    ///                         journal_failed, no_workers
    ///     seed                in decimal, as a string: it may have 64 bits
    ///     items               succeeded, failed: {error, crash, timeout}, skipped, restored (from a journal; in no other
    ///                         number), blank, records (items that gave bytes), is_rest_unknown (skipped lacks what was
    ///                         not read)
    ///     input_bytes         of the input that was read; output_bytes: what items gave
    ///     wall_seconds, processor_seconds (of pmap and its children), task_seconds (of all attempts)
    ///     speed_up            task_seconds / wall_seconds; efficiency: speed_up / the number of workers
    ///     workers             each: worker, items, busy_seconds, deaths, and where they were seen the most of
    ///                         shared_bytes and private_bytes of memory
    ///     slowest             each: item (its number), source, task_seconds, outcome
    ///     lost                start_seconds (before the first item), tail_seconds (idle at the end, of all workers on
    ///                         average), host_seconds (processor time of pmap's own process), spill_seconds, retries and
    ///                         retry_seconds (attempts that were tried again), deaths and death_seconds, replacements and
    ///                         replacement_seconds (from a worker's end to the next item in its place), and
    ///                         input_wait_seconds, reader_wait_seconds, order_wait_seconds
    ///     advice              sentences
    package var json: [UInt8] {
        var writer = JSONLines()
        writer.object {
            $0.add("ending", ending.map(RunStatistics.word) ?? "no_workers")
            $0.add("seed", "\(seed)")
            $0.object("items", addItems)
            $0.add("input_bytes", bytesIn)
            $0.add("output_bytes", bytesOut)
            $0.add("wall_seconds", seconds: wall)
            $0.add("processor_seconds", seconds: processorTime)
            $0.add("task_seconds", seconds: busy)
            $0.add("speed_up", number: speedUp)
            $0.add("efficiency", number: efficiency)
            $0.array("workers", workers.enumerated()) { writer, entry in
                writer.add("worker", entry.offset + 1)
                writer.add("items", entry.element.items)
                writer.add("busy_seconds", seconds: entry.element.busy)
                writer.add("deaths", entry.element.deaths)
                if let memory = entry.element.memory {
                    writer.add("shared_bytes", memory.shared)
                    writer.add("private_bytes", memory.private)
                }
            }
            $0.array("slowest", slowest) { writer, item in
                writer.add("item", item.item)
                writer.add("source", name(of: item))
                writer.add("task_seconds", seconds: item.time.nanoseconds)
                writer.add("outcome", item.failure?.rawValue ?? "ok")
            }
            $0.object("lost", addLosses)
            $0.strings("advice", Advice.sentences(of: self))
        }
        return writer.bytes
    }

    private func addItems(_ writer: inout JSONLines) {
        writer.add("succeeded", succeeded)
        writer.object("failed") { for kind in Failure.Kind.allCases { $0.add(kind.rawValue, failed[kind] ?? 0) } }
        writer.add("skipped", skipped)
        writer.add("restored", restored)
        writer.add("blank", blank)
        writer.add("records", records)
        writer.add("is_rest_unknown", isRestUnknown)
    }

    private func addLosses(_ writer: inout JSONLines) {
        writer.add("start_seconds", seconds: startTime)
        writer.add("tail_seconds", seconds: tail)
        writer.add("host_seconds", seconds: hostProcessor)
        writer.add("spill_seconds", seconds: hostWork[.spill] ?? 0)
        writer.add("retries", retries)
        writer.add("retry_seconds", seconds: retryTime)
        writer.add("deaths", deathCount)
        writer.add("death_seconds", seconds: deaths.time)
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
        case .noWorkers: "no_workers"
        }
    }
}

/// JSON with a line a value, indented.
private struct JSONLines: ~Copyable {
    private var text = ByteBuffer()
    private var depth = 0
    private var isFirst = true

    var bytes: [UInt8] { text.array + [UInt8(ascii: "\n")] }

    mutating func object(_ members: (inout JSONLines) -> Void) { enclose("{", "}", members) }

    mutating func object(_ name: String, _ members: (inout JSONLines) -> Void) {
        begin(name)
        object(members)
    }

    mutating func array<Elements: Sequence>(
        _ name: String, _ elements: Elements, _ members: (inout JSONLines, Elements.Element) -> Void
    ) {
        begin(name)
        enclose("[", "]") { writer in
            for element in elements {
                writer.begin()
                writer.object { members(&$0, element) }
            }
        }
    }

    mutating func strings(_ name: String, _ strings: [String]) {
        begin(name)
        enclose("[", "]") { writer in
            for string in strings {
                writer.begin()
                writer.text.append(jsonString: string)
            }
        }
    }

    mutating func add(_ name: String, _ value: String) {
        begin(name)
        text.append(jsonString: value)
    }

    mutating func add(_ name: String, _ value: Int) { add(name, literal: "\(value)") }
    mutating func add(_ name: String, _ value: Bool) { add(name, literal: "\(value)") }
    mutating func add(_ name: String, seconds nanoseconds: Int) { add(name, number: Double(nanoseconds) / 1e9) }
    mutating func add(_ name: String, number: Double) { add(name, literal: "\(number)") }

    private mutating func add(_ name: String, literal: String) {
        begin(name)
        text.append(literal)
    }

    private mutating func enclose(_ start: String, _ end: String, _ inside: (inout JSONLines) -> Void) {
        text.append(start)
        (depth, isFirst) = (depth + 1, true)
        inside(&self)
        depth -= 1
        if !isFirst { breakLine() }
        isFirst = false
        text.append(end)
    }

    private mutating func begin(_ name: String? = nil) {
        if !isFirst { text.append(",") }
        isFirst = false
        breakLine()
        guard let name else { return }
        text.append(jsonString: name)
        text.append(": ")
    }

    private mutating func breakLine() { text.append("\n" + String(repeating: "  ", count: depth)) }
}
