// A trace of a run, for Perfetto and chrome://tracing: a track a worker with its items, one of the host's own work, counters,
// and marks for deaths and retries. The array's end may be missing, as where pmap was killed.
//
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU, "Trace Event Format"

import Bytes
import Posix
package import ProcessPool
import Records
import Wire

package final class TraceLog: RunListener {
    private let names: ItemNames
    private let host = Machine.processNumber()
    private let start = Clock.now()
    private var buffer: LogBuffer
    private var pids: [Int32] = []
    /// Workers whose tracks have their names.
    private var named: Set<Int> = []
    /// Since the counters were last written.
    private var (itemsDone, hostBusy, lastCounters) = (0, 0, Clock.now())
    private var nextMemory = 0
    private var isEnded = false
    /// The process that joins results, with its processor time when the counters were last written; and since when it joins
    /// what was left.
    private var joiner: (pid: Int32, busy: Int)?
    private var joinStart: Int?

    /// The track of the host; those of workers have their numbers.
    private static let (hostTrack, joinTrack) = (0, 1_000_000)
    /// Nanoseconds: items that take less are summed up with their neighbours, and the host's work that takes less is seen
    /// in its counter alone.
    private static let (shortItem, shortWork) = (100_000, 20_000)
    private static let interval = 200_000_000

    /// `write` takes whole lines.
    package init(_ names: ItemNames, title: String, write: @escaping ([UInt8]) -> Void) {
        self.names = names
        buffer = LogBuffer(write: write)
        buffer.lines.append("[\n")
        name("process_name", TraceLog.hostTrack, title)
        name("thread_name", TraceLog.hostTrack, "host")
        buffer.flush()
    }

    package var nextLook: Int? {
        if isEnded { return nil }
        let counters = lastCounters + TraceLog.interval
        return buffer.due.map { min($0, counters) } ?? counters
    }

    package func look(_ view: RunView, now: Int) {
        if now >= lastCounters + TraceLog.interval { count(waiting: view.bytesWaiting, now) }
        if now >= nextMemory { countMemory(now) }
        buffer.flush()
    }

    package func hear(_ news: RunNews, now: Int) {
        switch news {
        case .started(let worker, let pid):
            while pids.count < worker { pids.append(0) }
            if named.insert(worker).inserted { name("thread_name", worker, "worker \(worker)") }
            pids[worker - 1] = pid
        case .succeeded(let chunk, _, let worker, let times):
            itemsDone += times.count
            draw(Array(times), of: chunk, on: worker)
        case .failed(let item, let chunk, let retryDelay):
            if retryDelay == nil { itemsDone += 1 }
            draw(item, of: chunk, isRetried: retryDelay != nil, now)
        case .killed(let item, let chunk, let worker, let time):
            slice(names.source(item, chunk), on: worker, time.start, time.nanoseconds) { lines in
                lines.append(
                    ",\"cname\":\"grey\",\"args\":{\"item\":\(item),\"attempt\":\(chunk.attempt),\"outcome\":\"killed\"}"
                )
            }
        case .died(let worker, let status):
            pids[worker - 1] = 0
            if status == .exited(0) { return }
            mark("died: \(status)", on: worker, now)
        case .worked(let work, let start, let nanoseconds):
            hostBusy += nanoseconds
            if nanoseconds >= TraceLog.shortWork {
                slice(work.rawValue, on: TraceLog.hostTrack, start, nanoseconds) { _ in }
            }
        case .joins(let pid):
            name("thread_name", TraceLog.joinTrack, "joining")
            joiner = (pid, ProcessorTime.of(pid) ?? 0)
        case .joining:
            joinStart = now
            return buffer.flush()
        case .joined(let work):
            if let joinStart {
                slice("after the items", on: TraceLog.joinTrack, joinStart, now - joinStart) { lines in
                    lines.append(",\"args\":{\"processor_us\":\(microseconds(work.processor))}")
                }
            }
            countJoining(work.processor, now)
            joiner = nil
        case .ended(_, _):
            count(waiting: 0, now)
            isEnded = true
            // The last event has no comma behind it.
            buffer.lines.append(
                "{\"ph\":\"i\",\"s\":\"g\",\"name\":\"end\",\"pid\":\(host),\"tid\":0,\"ts\":\(microseconds(now - start))}\n]\n"
            )
            return buffer.flush()
        default: return
        }
        buffer.rest(now: now)
    }

    // MARK: Items

    /// Those that are long by themselves, and short ones together with their neighbours.
    private func draw(_ times: [ItemTime], of chunk: Chunk, on worker: Int) {
        var first = 0
        for (place, time) in times.enumerated() where time.nanoseconds >= TraceLog.shortItem {
            drawTogether(times[first..<place], of: chunk, on: worker)
            slice(names.source(chunk.next + place, chunk), on: worker, time.start, time.nanoseconds) { lines in
                lines.append(
                    ",\"args\":{\"item\":\(chunk.next + place),\"attempt\":\(chunk.attempt),\"outcome\":\"ok\"}")
            }
            first = place + 1
        }
        drawTogether(times[first...], of: chunk, on: worker)
    }

    private func drawTogether(_ times: ArraySlice<ItemTime>, of chunk: Chunk, on worker: Int) {
        guard let first = times.first, let last = times.last else { return }
        let busy = times.reduce(0) { $0 + $1.nanoseconds }
        let item = chunk.next + times.startIndex
        let source = names.source(item, chunk)
        let name = times.count == 1 ? source : "\(times.count) items from \(source)"
        slice(name, on: worker, first.start, last.end - first.start) { lines in
            lines.append(
                ",\"args\":{\"item\":\(item),\"items\":\(times.count),\"busy_us\":\(microseconds(busy)),\"outcome\":\"ok\"}"
            )
        }
    }

    private func draw(_ item: FailedItem, of chunk: Chunk, isRetried: Bool, _ now: Int) {
        let kind = item.failure.kind.rawValue
        if let time = item.time, !item.isToldAgain(of: chunk) {
            slice(names.source(item.item, chunk), on: item.worker, time.start, time.nanoseconds) { lines in
                lines.append(
                    ",\"cname\":\"terrible\",\"args\":{\"item\":\(item.item),\"attempt\":\(item.attempts),\"outcome\":\"\(kind)\","
                )
                lines.append("\"message\":")
                lines.append(jsonString: item.failure.message.truncated(toBytes: 1000))
                lines.append("}")
            }
        }
        let what = isRetried ? "retry" : kind
        mark("\(what): \(names.source(item.item, chunk))", on: item.worker, item.time?.end ?? now)
    }

    // MARK: Events

    private func slice(
        _ name: String, on track: Int, _ start: Int, _ nanoseconds: Int, _ more: (inout ByteBuffer) -> Void
    ) {
        begin("X", name, track, start)
        buffer.lines.append(",\"dur\":\(microseconds(nanoseconds))")
        more(&buffer.lines)
        buffer.lines.append("},\n")
    }

    private func mark(_ name: String, on track: Int, _ time: Int) {
        begin("i", name, track, time)
        buffer.lines.append(",\"s\":\"t\"},\n")
    }

    private func count(waiting: Int, _ now: Int) {
        let seconds = Double(max(1, now - lastCounters)) / 1e9
        writeCounter("items/s", Double(itemsDone) / seconds, now)
        writeCounter("waiting bytes", Double(waiting), now)
        writeCounter("host busy %", 100 * Double(hostBusy) / 1e9 / seconds, now)
        if let (pid, _) = joiner, let busy = ProcessorTime.of(pid) { countJoining(busy, now) }
        (itemsDone, hostBusy, lastCounters) = (0, 0, now)
    }

    /// The process that joins has been busy for so long, since its start.
    private func countJoining(_ busy: Int, _ now: Int) {
        guard let (pid, before) = joiner else { return }
        writeCounter("joining busy %", 100 * Double(busy - before) / Double(max(1, now - lastCounters)), now)
        joiner = (pid, busy)
    }

    private func writeCounter(_ name: String, _ value: Double, _ now: Int) {
        begin("C", name, TraceLog.hostTrack, now)
        buffer.lines.append(",\"args\":{\"value\":\((value * 10).rounded() / 10)}},\n")
    }

    /// What the processes of the run have for themselves.
    private func countMemory(_ now: Int) {
        let own = ([host] + pids.filter { $0 > 0 }).compactMap { ProcessMemory(of: $0)?.private }.reduce(0, +)
        begin("C", "private memory", TraceLog.hostTrack, now)
        buffer.lines.append(",\"args\":{\"value\":\(own)}},\n")
        nextMemory = ProcessMemory.nextLook(after: now, Clock.now())
    }

    private func begin(_ phase: String, _ name: String, _ track: Int, _ time: Int) {
        buffer.lines.append("{\"ph\":\"\(phase)\",\"name\":")
        buffer.lines.append(jsonString: name)
        buffer.lines.append(",\"pid\":\(host),\"tid\":\(track),\"ts\":\(microseconds(time - start))")
    }

    /// Names a track.
    private func name(_ kind: String, _ track: Int, _ name: String) {
        buffer.lines.append("{\"ph\":\"M\",\"name\":\"\(kind)\",\"pid\":\(host),\"tid\":\(track),\"args\":{\"name\":")
        buffer.lines.append(jsonString: name)
        buffer.lines.append("}},\n")
    }

    /// With all digits of the clock, so that slices that follow each other do not overlap.
    private func microseconds(_ nanoseconds: Int) -> String {
        let rest = String(max(0, nanoseconds) % 1000)
        return "\(max(0, nanoseconds) / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}
