// The job log: a line for each item as it ends, with the columns of GNU parallel and five more.
//
// https://www.gnu.org/software/parallel/parallel.html#options, --joblog

package import Bytes
package import ProcessPool
import Posix
package import Records
import Wire

/// What items are called, by whoever knows the inputs.
package struct ItemNames {
    /// What stands before and after the position in the name of a chunk's item: `words.txt:88`.
    package let around: (Chunk) -> (before: String, after: String)
    /// Of an item.
    func source(_ item: Int, _ chunk: Chunk) -> String {
        let (before, after) = around(chunk)
        let known = chunk.positions(of: item) ?? positions(item, chunk)
        return "\(before)\(known.shown)\(after)"
    }

    /// Where an item is in its input, for chunks that cannot tell it themselves.
    package let positions: (Int, Chunk) -> ClosedRange<Int>

    /// Appends the item as text, on one line; answers how many bytes it has itself.
    package let append: (Int, Chunk, inout ByteBuffer) -> Int

    /// Takes records from an item on; answers how many.
    package let take: (Int, Chunk, RecordTaker) -> Int

    /// Of a chunk whose items have a position each, and whose records follow each other from the cursor on. It answers how
    /// many it has taken, and the last one's record.
    package typealias RecordTaker = (inout RecordCursor) -> (items: Int, last: RecordBytes?)

    package init(
        around: @escaping (Chunk) -> (before: String, after: String),
        positions: @escaping (Int, Chunk) -> ClosedRange<Int>,
        append: @escaping (Int, Chunk, inout ByteBuffer) -> Int,
        take: @escaping (Int, Chunk, RecordTaker) -> Int
    ) {
        (self.around, self.positions, self.append, self.take) = (around, positions, append, take)
    }
}

package final class JobLog: RunListener {
    private let names: ItemNames
    private let errorBytes: (FailedItem) -> Int
    /// Of each worker, as far as it is another machine.
    private let hosts: [String]
    private var pids: [Int32] = []
    private var buffer: LogBuffer
    private var command = ByteBuffer()
    /// Mostly a time is of the same second as the one before.
    private var lastSecond = (number: -1, text: "")
    /// What is added to a time of the clock for one since 1970.
    private let epoch: Int
    package var nextLook: Int? { buffer.due }

    private static let header =
        "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\tOutcome\tAttempts\tWorker\tPid\tSource\n"

    /// `errorBytes` is what a failure gives in place of a record. `write` takes whole lines.
    package init(
        _ names: ItemNames, hosts: [String] = [], errorBytes: @escaping (FailedItem) -> Int,
        write: @escaping ([UInt8]) -> Void
    ) {
        (self.names, self.hosts, self.errorBytes) = (names, hosts, errorBytes)
        buffer = LogBuffer(write: write)
        epoch = Int(Clock.date() * 1e9) - Clock.now()
        buffer.lines.append(JobLog.header)
        buffer.flush()
    }

    package func hear(_ news: RunNews, now: Int) {
        switch news {
        case .started(let worker, let pid):
            while pids.count < worker { pids.append(0) }
            pids[worker - 1] = pid
        case .succeeded(let chunk, _, let worker, let times):
            append(times, of: chunk, same(chunk, .success, worker), now)
        case .failed(let item, let chunk, retryDelay: nil):
            let time = ItemTime(
                start: item.time?.start ?? now, nanoseconds: item.time?.nanoseconds ?? 0, bytes: errorBytes(item))
            append(item.item, chunk, time, same(chunk, .failure(item), item.worker))
            buffer.rest(now: now)
        case .joining, .ended: buffer.flush()
        default: break
        }
    }

    package func look(_ view: RunView, now: Int) { buffer.flush() }

    // MARK: A row

    private enum Result {
        case success
        case failure(FailedItem)

        /// The columns Exitval and Signal.
        var status: String {
            guard case .failure(let item) = self else { return "0\t0" }
            switch (item.failure.kind, item.status) {
            case (.timeout, _): return "-1\t15"
            case (_, .killed(let signal)?): return "0\t\(signal)"
            case (_, .exited(let code)?): return "\(code)\t0"
            case (_, nil):
                switch ExitStatus(saidIn: item.failure.message) {
                case .killed(let signal): return "0\t\(signal)"
                case .exited(let code): return "\(code)\t0"
                case nil: return "1\t0"
                }
            }
        }

        /// Of a failure, which may have waited for another try.
        var attempts: Int? {
            guard case .failure(let item) = self else { return nil }
            return item.attempts
        }

        var outcome: String {
            guard case .failure(let item) = self else { return "ok" }
            return item.failure.kind.rawValue
        }
    }

    private func same(_ chunk: Chunk, _ result: Result, _ worker: Int) -> Same {
        Same(chunk, result, worker, pids[worker - 1], hosts.isEmpty ? nil : hosts[worker - 1], names)
    }

    /// What the rows of items that ended together have in common.
    private struct Same {
        /// Nil for this machine.
        let host: String?
        /// Exitval and Signal; what stands between the item and its position; and the end of the row.
        let (status, between, end): (String, String, String)

        init(_ chunk: Chunk, _ result: Result, _ worker: Int, _ pid: Int32, _ host: String?, _ names: ItemNames) {
            self.host = host
            let (before, after) = names.around(chunk)
            status = "\t\(result.status)\t"
            between =
                "\t\(result.outcome)\t\(result.attempts ?? chunk.attempt)\t\(worker)\t\(pid)\t\(before.escapedName)"
            end = "\(after)\n"
        }
    }

    /// Rows of the next items, most of them together.
    private func append(_ times: ArraySlice<ItemTime>, of chunk: Chunk, _ same: Same, _ now: Int) {
        let rows = LogRows(epoch: epoch, before: same.status, between: same.between, after: same.end)
        var (item, rest) = (chunk.next, times)
        while let time = rest.first {
            var taken = 0
            if same.host == nil, let position = chunk.positions(of: item)?.lowerBound {
                taken = names.take(item, chunk) { cursor in
                    rows.append(&cursor, item: item, position: position, rest, to: &buffer.lines)
                }
            }
            if taken == 0 {
                append(item, chunk, time, same)
                taken = 1
            }
            buffer.rest(now: now)
            item += taken
            rest = rest.dropFirst(taken)
        }
    }

    private func append(_ item: Int, _ chunk: Chunk, _ time: ItemTime, _ same: Same) {
        command.reset()
        let size = names.append(item, chunk, &command)
        buffer.lines.append(decimal: Int64(item))
        buffer.lines.append("\t\(same.host?.escapedName ?? ":")\t")
        append(time: epoch + time.start)
        append(duration: time.nanoseconds)
        append(number: size)
        buffer.lines.append(decimal: Int64(time.bytes))
        buffer.lines.append(same.status)
        buffer.lines.append(command)
        buffer.lines.append(same.between)
        let positions = chunk.positions(of: item) ?? names.positions(item, chunk)
        buffer.lines.append(decimal: Int64(positions.lowerBound))
        if positions.count > 1 { buffer.lines.append("-\(positions.upperBound)") }
        buffer.lines.append(same.end)
    }

    private func append(time nanoseconds: Int) {
        let microseconds = (nanoseconds + 500) / 1000
        let second = microseconds / 1_000_000
        if second != lastSecond.number { lastSecond = (second, "\(second)") }
        buffer.lines.append(lastSecond.text)
        append(fraction: microseconds % 1_000_000)
    }

    private func append(duration nanoseconds: Int) {
        let microseconds = (nanoseconds + 500) / 1000
        buffer.lines.append(decimal: Int64(microseconds / 1_000_000))
        append(fraction: microseconds % 1_000_000)
    }

    private func append(fraction microseconds: Int) {
        buffer.lines.append(UInt8(ascii: "."))
        buffer.lines.append(decimal: microseconds, digits: 6)
        buffer.lines.append(JobLog.tab)
    }

    private func append(number: Int) {
        buffer.lines.append(decimal: Int64(number))
        buffer.lines.append(JobLog.tab)
    }

    private static let tab = UInt8(ascii: "\t")
}

extension ExitStatus {
    /// How the program ended that an item is said to have failed by: `exit 3: …`, `signal 9`, `killed by SIGKILL`.
    init?(saidIn message: String) {
        let words = message.prefix { $0 != ":" && $0 != "\n" }.split(separator: " ")
        if words.count == 2, words[0] == "exit", let code = Int32(words[1]), (1...255).contains(code) {
            self = .exited(code)
        } else if words.count == 2, words[0] == "signal", let signal = Int32(words[1]) {
            self = .killed(signal: signal)
        } else if words.count == 3, words[..<2] == ["killed", "by"],
            let signal = (1...64).first(where: { Signal.name($0) == words[2] })
        {
            self = .killed(signal: Int32(signal))
        } else {
            return nil
        }
    }
}
