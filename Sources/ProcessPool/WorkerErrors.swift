// What workers, and programs that they start, write to standard error while the host keeps the terminal for itself: it comes
// through a pipe a worker, and goes on line by line.

import Bytes
import Posix
import Wire

/// The pipes of all workers, also of those that are gone, as long as a program of theirs holds one.
struct WorkerErrors: ~Copyable {
    private final class Pipe {
        let descriptor: Descriptor
        /// In front of every line.
        let tag: [UInt8]
        /// What has come and is no line yet, and when the first of it came.
        var part = ByteBuffer(capacity: 256)
        var since = 0

        init(_ descriptor: consuming Descriptor, _ tag: [UInt8]) {
            self.descriptor = descriptor
            self.tag = tag
        }
    }

    private var pipes: [Int32: Pipe] = [:]
    private var watched = Watchlist()

    private static let readSize = 64 << 10
    /// Nanoseconds that what stands without the end of its line may wait for it.
    private static let patience = 200_000_000

    /// Readable when there is something; nil until one was added.
    var number: Int32? { watched.number }
    /// What a forked child closes.
    var descriptors: [Int32] { Array(pipes.keys) + [watched.number].compactMap { $0 } }

    mutating func add(_ descriptor: consuming Descriptor, tag: [UInt8] = []) throws(PosixError) {
        let number = descriptor.number
        descriptor.setNonBlocking()
        try watched.add(number, Int(number))
        pipes[number] = Pipe(descriptor, tag)
    }

    /// The lines that have come.
    mutating func takeLines(now: Int) -> [[UInt8]] {
        watched.ready().compactMap { pipes[Int32($0)] }.map { take(from: $0, now) }
    }

    /// What has waited long enough for the end of its line.
    func takeParts(now: Int) -> [[UInt8]] {
        pipes.values.compactMap { pipe in
            if pipe.part.count == 0 || now - pipe.since < WorkerErrors.patience { return nil }
            defer { pipe.part.reset() }
            return pipe.part.array(0..<pipe.part.count).tagged(pipe.tag)
        }
    }

    /// When `takeParts` is worth a call next.
    var nextPart: Int? {
        pipes.values.lazy.filter { $0.part.count > 0 }.map { $0.since + WorkerErrors.patience }.min()
    }

    /// Everything that is there, at the end.
    mutating func takeRest() -> [[UInt8]] {
        pipes.values.map { pipe in
            take(from: pipe, 0) + pipe.part.array(0..<pipe.part.count).tagged(pipe.tag)
        }
    }

    private mutating func take(from pipe: Pipe, _ now: Int) -> [UInt8] {
        if pipe.part.count == 0 { pipe.since = now }
        while true {
            guard
                case .bytes(let count)? = try? pipe.descriptor.read(
                    appendingTo: &pipe.part, limit: WorkerErrors.readSize)
            else { break }
            if count == 0 {
                watched.remove(pipe.descriptor.number)
                pipes[pipe.descriptor.number] = nil
                return pipe.part.array(0..<pipe.part.count).tagged(pipe.tag)
            }
            if count < WorkerErrors.readSize { break }
        }
        let end = pipe.part.array(0..<pipe.part.count).lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        defer { pipe.part.removeFirst(end) }
        return pipe.part.array(0..<end).tagged(pipe.tag)
    }
}
