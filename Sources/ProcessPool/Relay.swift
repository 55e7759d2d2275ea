// What a remote tells the host of its items: what workers have told, in batches, with the item that it is of where that does
// not follow from what was told before.

import Posix
import Wire

/// The outcomes of the host's chunks, as they come.
package final class Relay {
    /// A chunk that the host has sent.
    private struct Given {
        let items: Range<Int>
        /// Items that have not been told.
        var left: Int
        let start = Clock.now()
    }

    private var writer = BatchWriter()
    private var given: [Given] = []
    /// What is told next, unless its place is said.
    private var next: (item: Int, attempt: Int)?
    private let isTimed: Bool

    package init(isTimed: Bool) { self.isTimed = isTimed }

    /// The host has sent a chunk.
    func begin(_ chunk: Chunk) { given.append(Given(items: chunk.items, left: chunk.remaining)) }

    func append(_ entry: Entry) { writer.append(entry) }

    /// The bytes of what was told since the last call; nil where that is nothing.
    func take() -> [UInt8]? { writer.isEmpty ? nil : writer.take() }

    /// Tells what finishes so many items, the next ones of `chunk`, each of which takes about `cost` nanoseconds.
    func append(_ result: OutputSequencer.Result, _ items: Int, of chunk: Chunk?, _ event: Run.Event, cost: Double) {
        if let chunk, next.map({ $0 != (chunk.next, chunk.attempt) }) ?? true {
            writer.append(.place(item: chunk.next, attempt: chunk.attempt))
        }
        switch result {
        case .records(let places, _):
            for place in places { append(place, of: event) }
        case .described(let place, _, _), .standardError(let place, _): append(place, of: event)
        case .failed(let item):
            let time = item.time ?? ItemTime(start: Clock.now(), nanoseconds: 0)
            writer.append(.failure(item.failure), times: isTimed ? [time] : [])
        }
        if let chunk { finish(items, of: chunk, cost) }
    }

    private func append(_ place: Int, of event: Run.Event) {
        guard case .told(_, let entries, let times, _) = event else { return }
        let entry = entries[place]
        if !isTimed { return writer.append(entry) }
        let before = entries[..<place].reduce(0) { $0 + $1.items }
        writer.append(entry, times: times.dropFirst(before).prefix(entry.items))
    }

    private func finish(_ items: Int, of chunk: Chunk, _ cost: Double) {
        next = (chunk.next + items, chunk.attempt)
        guard let place = given.firstIndex(where: { $0.items.contains(chunk.next) }) else { return }
        given[place].left -= items
        let (items, start) = (given[place].items, given[place].start)
        if next?.item == items.upperBound { next = nil }
        if given[place].left > 0 { return }
        given.remove(at: place)
        // Of the first ones it is not known yet what they take.
        let nanoseconds = cost > 0 ? Int(cost * Double(items.count)) : Clock.now() - start
        writer.append(.chunkDone(first: items.lowerBound, nanoseconds: nanoseconds))
    }
}
