// Who gets what, as a story: events in, and a line for each action out.

import Testing

@testable import ProcessPool

/// A scheduler with a source of `items` items, answered as the host's loop does.
struct Office {
    var scheduler: Scheduler
    /// "0: 1-8" is items 1 to 8 for worker 0; "0 leaves" says that it was dismissed.
    private(set) var log: [String] = []
    private var next = 1
    private var items: Int
    /// The source has nothing just now.
    var isDry = false

    init(workers: Int, items: Int = .max, chunkItems: Int? = nil, itemsPerWorker: Int? = nil) {
        scheduler = Scheduler(workers: workers, chunkItems: chunkItems, itemsPerWorker: itemsPerWorker)
        self.items = items
    }

    /// The lines that `event` leads to.
    mutating func tell(_ event: Scheduler.Event) -> [String] {
        log = []
        handle(event)
        return log
    }

    private mutating func handle(_ event: Scheduler.Event) {
        for action in scheduler.handle(event) {
            switch action {
            case .askSource(_, let items): handle(cut(items))
            case .send(let chunk, let worker): log.append("\(worker): \(chunk.next)-\(chunk.first + chunk.count - 1)")
            case .dismiss(let worker): log.append("\(worker) leaves")
            }
        }
    }

    private mutating func cut(_ wanted: Int) -> Scheduler.Event {
        if isDry { return .sourceDry }
        let count = min(wanted, items)
        if count == 0 { return .sourceEnded }
        defer { (next, items) = (next + count, items - count) }
        return .chunk(Chunk(first: next, count: count))
    }
}

private let short = 1000, long = 5_000_000

private func chunk(_ first: Int, _ count: Int, skip: Int = 0) -> Chunk {
    Chunk(first: first, count: count).advanced(by: skip)
}

@Test func `the first chunks are one item for each worker`() {
    var office = Office(workers: 3)
    #expect(office.tell(.sourceReady) == ["0: 1-1", "1: 2-2", "2: 3-3"])
    #expect(office.tell(.sourceReady) == [])
}

@Test func `chunks of short items grow eightfold, and one waits behind the other`() {
    var office = Office(workers: 1)
    #expect(office.tell(.sourceReady) == ["0: 1-1"])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: short)) == ["0: 2-9", "0: 10-17"])
    #expect(office.tell(.ended(worker: 0, items: 8, nanoseconds: 8 * short)) == ["0: 18-81"])
    #expect(office.tell(.ended(worker: 0, items: 8, nanoseconds: 8 * short)) == ["0: 82-145"])
    #expect(office.tell(.ended(worker: 0, items: 64, nanoseconds: 64 * short)) == ["0: 146-657"])
}

@Test(arguments: [(1, 100_000), (1000, 4000), (100_000, 40), (700_000, 5), (1_000_000, 4), (3_000_000, 1), (.max, 1)])
func `a chunk is as many items as take four milliseconds`(nanoseconds: Int, items: Int) {
    var scheduler = Scheduler(workers: 1)
    _ = scheduler.handle(.sourceReady)
    _ = scheduler.handle(.chunk(chunk(1, 100_000)))
    let count = nanoseconds == .max ? 1 : 100_000 / 8
    let actions = scheduler.handle(
        .ended(worker: 0, items: count, nanoseconds: nanoseconds == .max ? .max : nanoseconds * count))
    #expect(actions == [.askSource(worker: 0, items: items)])
}

@Test func `long items are handed out one at a time, and none ahead`() {
    var office = Office(workers: 2)
    _ = office.tell(.sourceReady)
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == ["0: 3-3"])
    #expect(office.tell(.ended(worker: 1, items: 1, nanoseconds: long)) == ["1: 4-4"])
}

@Test func `a worker that has nothing comes before one that would have two`() {
    var office = Office(workers: 2, items: 4)
    _ = office.tell(.sourceReady)
    #expect(office.tell(.ended(worker: 1, items: 1, nanoseconds: short)) == ["1: 3-4"])
    var other = Office(workers: 2, items: 100)
    _ = other.tell(.sourceReady)
    #expect(other.tell(.ended(worker: 1, items: 1, nanoseconds: short)) == ["1: 3-10", "0: 11-18", "1: 19-26"])
}

@Test(arguments: [1, 5, 1000])
func `a fixed size of chunks is kept`(size: Int) {
    var office = Office(workers: 1, items: 4 * size - 1, chunkItems: size)
    #expect(office.tell(.sourceReady) == ["0: 1-\(size)"])
    #expect(
        office.tell(.ended(worker: 0, items: size, nanoseconds: 1))
            == ["0: \(size + 1)-\(2 * size)", "0: \(2 * size + 1)-\(3 * size)"])
    let rest = size == 1 ? [] : ["0: \(3 * size + 1)-\(4 * size - 1)"]
    #expect(office.tell(.ended(worker: 0, items: size, nanoseconds: long * size)) == [])
    #expect(
        office.tell(.ended(worker: 0, items: size, nanoseconds: long * size)) == (rest.isEmpty ? ["0 leaves"] : rest))
}

@Test func `what a dead worker leaves goes out before anything new, in order`() {
    var office = Office(workers: 2, chunkItems: 10)
    #expect(office.tell(.sourceReady) == ["0: 1-10", "1: 11-20"])
    #expect(office.tell(.ended(worker: 1, items: 10, nanoseconds: short)) == ["1: 21-30", "0: 31-40", "1: 41-50"])
    let unfinished = [chunk(1, 10, skip: 3), chunk(31, 10)]
    #expect(office.tell(.gone(worker: 0, unfinished: unfinished)) == ["0: 4-10", "0: 31-40"])
}

@Test func `nobody is dismissed while a death could still bring work back`() {
    var office = Office(workers: 2, items: 2)
    #expect(office.tell(.sourceReady) == ["0: 1-1", "1: 2-2"])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == [])
    #expect(!office.scheduler.isDone)
    #expect(office.tell(.gone(worker: 1, unfinished: [chunk(2, 1)])) == ["0: 2-2"])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == ["0 leaves"])
    #expect(office.scheduler.isDone)
    #expect(office.tell(.gone(worker: 0, unfinished: [])) == [])
}

@Test func `the last chunk's end dismisses everybody, once`() {
    var office = Office(workers: 3, items: 3)
    _ = office.tell(.sourceReady)
    #expect(office.tell(.ended(worker: 2, items: 1, nanoseconds: long)) == [])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == [])
    #expect(office.tell(.ended(worker: 1, items: 1, nanoseconds: long)) == ["0 leaves", "1 leaves", "2 leaves"])
    #expect(office.tell(.sourceEnded) == [])
}

@Test func `without items nobody is forked, and an end may be told twice`() {
    var office = Office(workers: 3, items: 0)
    #expect(office.tell(.sourceReady) == [])
    #expect(office.scheduler.isDone)
    #expect(office.tell(.sourceEnded) == [])
    #expect(office.tell(.sourceReady) == [])
    #expect(office.scheduler.isDone)
}

@Test func `a dry source is asked again when it has something`() {
    var office = Office(workers: 2)
    office.isDry = true
    #expect(office.tell(.sourceReady) == [])
    office.isDry = false
    #expect(office.tell(.pause(false)) == [])
    #expect(office.tell(.sourceReady) == ["0: 1-1", "1: 2-2"])
}

@Test func `an unusable worker is not replaced, and its chunks go to others`() {
    var office = Office(workers: 3)
    _ = office.tell(.sourceReady)
    #expect(office.tell(.unusable(worker: 0, unfinished: [chunk(1, 1)])) == [])
    #expect(office.tell(.unusable(worker: 1, unfinished: [chunk(2, 1)])) == [])
    #expect(!office.scheduler.isHelpless)
    #expect(office.tell(.ended(worker: 2, items: 1, nanoseconds: long)) == ["2: 2-2"])
    #expect(office.tell(.unusable(worker: 2, unfinished: [chunk(2, 1)])) == [])
    #expect(office.scheduler.isHelpless)
    #expect(office.tell(.stop) == [])
    #expect(office.scheduler.isDone)
}

@Test func `paused, only what was handed out before goes out again`() {
    var office = Office(workers: 2)
    _ = office.tell(.sourceReady)
    #expect(office.tell(.pause(true)) == [])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == [])
    #expect(office.tell(.gone(worker: 1, unfinished: [chunk(2, 1)])) == ["0: 2-2"])
    #expect(office.tell(.pause(false)) == ["1: 3-3"])
}

@Test(arguments: [
    Scheduler.Event.sourceReady, .sourceDry, .sourceEnded, .chunk(chunk(3, 1)), .pause(true), .pause(false),
])
func `after a stop nothing goes out any more`(event: Scheduler.Event) {
    var office = Office(workers: 2)
    _ = office.tell(.sourceReady)
    _ = office.tell(.unusable(worker: 1, unfinished: [chunk(2, 1)]))
    #expect(office.tell(.stop) == [])
    #expect(office.tell(event) == [])
    #expect(office.tell(.sourceReady) == [])
    #expect(office.tell(.ended(worker: 0, items: 0, nanoseconds: 1)) == ["0 leaves"])
    #expect(office.scheduler.isDone)
}

@Test(arguments: [Scheduler.Event.sourceDry, .chunk(chunk(1, 1)), .sourceEnded])
func `a stop holds for the cut that is being made`(answer: Scheduler.Event) {
    var scheduler = Scheduler(workers: 2)
    #expect(scheduler.handle(.sourceReady) == [.askSource(worker: 0, items: 1)])
    #expect(scheduler.handle(.stop) == [])
    #expect(scheduler.handle(answer) == [])
    #expect(scheduler.handle(.sourceReady) == [])
    #expect(scheduler.isDone)
}

@Test func `nobody leaves while an item waits to be tried again, and it needs no new cut`() {
    var office = Office(workers: 2, items: 2)
    _ = office.tell(.sourceReady)
    #expect(office.tell(.awaited) == [])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == [])
    #expect(office.tell(.ended(worker: 1, items: 1, nanoseconds: long)) == [])
    #expect(!office.scheduler.isDone)
    #expect(office.tell(.returned(chunk(1, 1))) == ["0: 1-1"])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == ["0 leaves", "1 leaves"])
}

@Test func `a stop does not wait for items that would be tried again`() {
    var office = Office(workers: 1)
    _ = office.tell(.sourceReady)
    _ = office.tell(.awaited)
    #expect(office.tell(.stop) == [])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: long)) == ["0 leaves"])
    #expect(office.scheduler.isDone)
}

@Test func `a worker leaves after its share of items, and another comes in its place`() {
    var office = Office(workers: 1, itemsPerWorker: 3)
    #expect(office.tell(.sourceReady) == ["0: 1-1"])
    #expect(office.tell(.ended(worker: 0, items: 1, nanoseconds: short)) == ["0: 2-3"])
    #expect(office.tell(.ended(worker: 0, items: 2, nanoseconds: short)) == ["0 leaves"])
    #expect(office.tell(.sourceReady) == [])
    #expect(office.tell(.gone(worker: 0, unfinished: [])) == ["0: 4-6"])
}
