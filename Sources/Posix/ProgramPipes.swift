// The pipes to and from a program, which are Lua's files: one transfer waits until one of them can be used, and uses
// all that can.

import CPosixBridge
import Glibc

/// One transfer: the pipes, and then its results.
package struct ProgramPipes: ~Copyable {
    /// The end that is written to, without ever waiting, and the bytes that are left to be written.
    package var input: Int32?
    package var unsent: [UInt8] = []
    /// The ends that are read: standard output and standard error.
    package var outputs: [Int32?] = [nil, nil]
    /// Readable when the program has ended.
    package var pidfd: Int32?

    package private(set) var sent = 0
    /// No process reads what is written.
    package private(set) var isBroken = false
    package private(set) var hasEnded = false
    /// The bytes that were read; empty at the end, nil of a pipe that had nothing.
    package private(set) var read: [[UInt8]?] = [nil, nil]

    private enum Key: Equatable { case input, output(Int), pidfd }

    /// The most bytes of one transfer: the size of a pipe.
    package static let limit = 1 << 16

    package init() {}

    package static func setNonBlocking(_ number: Int32) {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    /// Waits for something to do, `seconds` at the most, or until a signal arrives.
    package mutating func transfer(seconds: Double?) {
        var poller = Poller<Key>()
        if let input { poller.watchWritable(input, .input) }
        for (place, output) in outputs.enumerated() {
            if let output { poller.watchReadable(output, .output(place)) }
        }
        if let pidfd { poller.watchReadable(pidfd, .pidfd) }
        let milliseconds = seconds.map { $0 > 0 ? Int64((min($0, 1e9) * 1000).rounded(.up)) : 0 }
        for key in poller.wait(milliseconds: milliseconds) {
            switch key {
            case .input: send()
            case .output(let place): receive(place)
            case .pidfd: hasEnded = true
            }
        }
    }

    private mutating func send() {
        guard let input else { return }
        let count = unsafe unsent.withUnsafeBytes { memory in
            retrying { unsafe write(input, memory.baseAddress, memory.count) }
        }
        if count >= 0 { sent = count } else if errno != EAGAIN { isBroken = true }
    }

    private mutating func receive(_ place: Int) {
        guard let output = outputs[place] else { return }
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: ProgramPipes.limit) { room, used in
            count = retrying { unsafe Glibc.read(output, room.baseAddress, ProgramPipes.limit) }
            used = max(count, 0)
        }
        // A pipe that cannot be read is at its end, unless another process has read its bytes before.
        if count >= 0 || errno != EAGAIN { read[place] = bytes }
    }
}
