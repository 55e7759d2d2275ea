// Pieces of pmap in a loop, without processes: what the host's scheduler decides, and the way of records from a
// worker's outbox to the host's reader. One line for each piece: its name, nanoseconds of one, bytes of one.

import Bytes
import ProcessPool
import Wire

for payload in [8, 100, 10_000] { print("record of \(payload) bytes, outbox to host" + batches(of: payload)) }
for workers in [2, 1024] {
    print("scheduler, \(workers) workers, items of 1 ns" + decisions(workers, nanosecondsPerItem: 1))
    print("scheduler, \(workers) workers, items of 10 ms" + decisions(workers, nanosecondsPerItem: 10_000_000))
}

/// Workers whose chunks end in turn: the price of one decision, which is a chunk from its cut to its end.
func decisions(_ workers: Int, nanosecondsPerItem: Int) -> String {
    var scheduler = Scheduler(workers: workers)
    var running = [[Chunk]](repeating: [], count: workers)
    var next = 1

    func perform(_ first: Scheduler.Event) {
        var events = [first]
        while let event = events.popLast() {
            for action in scheduler.handle(event) {
                switch action {
                case .askSource(_, let items):
                    events.append(
                        .chunk(
                            Chunk(
                                first: next, count: items,
                                payload: Payload(input: 0, firstPosition: next, records: .listed))))
                    next += items
                case .send(let chunk, let worker): running[worker].append(chunk)
                case .dismiss: break
                }
            }
        }
    }

    perform(.sourceReady)
    let chunks = 1_000_000
    let time = ContinuousClock().measure {
        for turn in 0..<chunks where !running[turn % workers].isEmpty {
            let items = running[turn % workers].removeFirst().count
            perform(.ended(worker: turn % workers, items: items, nanoseconds: items * nanosecondsPerItem))
        }
    }
    return line(time, chunks, bytes: 0)
}

/// Items with records of `size` bytes: begun, written, committed, sent in batches, read by the host.
func batches(of size: Int) -> String {
    let record = [UInt8](repeating: 120, count: size)
    let items = 200_000_000 / (size + 100)
    var status = [UInt64](repeating: 0, count: StatusWords.size / 8)
    var memory = [UInt64](repeating: 0, count: 1 << 17)
    let host = Host()
    let time = unsafe status.withUnsafeMutableBytes { words in
        unsafe memory.withUnsafeMutableBytes { pages in
            let send: (borrowing ByteBuffer) -> Void = { host.receive($0) }
            var outbox = unsafe Outbox(
                ByteBuffer(borrowing: pages), StatusWords(in: ByteBuffer(borrowing: words)), send: send)
            return ContinuousClock().measure {
                for item in 1...items {
                    outbox.begin(item: item)
                    outbox.output.append(record)
                    outbox.commit()
                }
                outbox.flush()
            }
        }
    }
    precondition(host.items == items, "every item arrives")
    return line(time, items, bytes: size)
}

/// Counts the items of the batches that it gets.
final class Host {
    private var reader = BatchReader()
    private(set) var items = 0

    func receive(_ batch: borrowing ByteBuffer) {
        unsafe reader.received.append(batch.bytes)
        guard let entries = try? reader.readEntries() else { preconditionFailure("a batch is whole") }
        for case .output(_, let items) in entries { self.items += items }
    }
}

func line(_ time: Duration, _ times: Int, bytes: Int) -> String { "\t\(time / .nanoseconds(times))\t\(bytes)" }
