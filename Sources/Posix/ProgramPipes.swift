// Bytes to and from a program, through pipes that are Lua's files: one look at all of them, which waits until there is
// something to do, does it, and never waits for one of them alone.

import CPosixBridge
import Glibc

/// What one look is about, and then what it has come to.
package struct ProgramPipes: ~Copyable {
    /// The end that is written to, without ever waiting, and what is left to be written.
    package var input: Int32?
    package var unsent: [UInt8] = []
    /// The ends that are read: standard output and standard error.
    package var outputs: [Int32?] = [nil, nil]
    /// Readable when the program has ended.
    package var death: Int32?

    package private(set) var sent = 0
    /// Nobody reads what is written.
    package private(set) var isRefused = false
    package private(set) var hasEnded = false
    /// What was read; empty at the end, nil of what had nothing.
    package private(set) var read: [[UInt8]?] = [nil, nil]

    private enum Key: Equatable { case input, output(Int), death }

    /// As much as a pipe holds.
    package static let limit = 1 << 16

    package init() {}

    package static func setNonBlocking(_ number: Int32) {
        _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK)
    }

    /// Waits for something to do, `seconds` at the most, or until a signal arrives.
    package mutating func look(seconds: Double?) {
        var poller = Poller<Key>()
        if let input { poller.watchWritable(input, .input) }
        for (place, output) in outputs.enumerated() {
            if let output { poller.watchReadable(output, .output(place)) }
        }
        if let death { poller.watchReadable(death, .death) }
        let milliseconds = seconds.map { $0 > 0 ? Int64((min($0, 1e9) * 1000).rounded(.up)) : 0 }
        for key in poller.wait(milliseconds: milliseconds) {
            switch key {
            case .input: send()
            case .output(let place): receive(place)
            case .death: hasEnded = true
            }
        }
    }

    private mutating func send() {
        guard let input else { return }
        let count = unsafe unsent.withUnsafeBytes { memory in
            retrying { unsafe write(input, memory.baseAddress, memory.count) }
        }
        if count >= 0 { sent = count } else if errno != EAGAIN { isRefused = true }
    }

    private mutating func receive(_ place: Int) {
        guard let output = outputs[place] else { return }
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: ProgramPipes.limit) { room, used in
            count = retrying { unsafe Glibc.read(output, room.baseAddress, ProgramPipes.limit) }
            used = max(count, 0)
        }
        // What cannot be read is at its end, unless somebody else has been quicker.
        if count >= 0 || errno != EAGAIN { read[place] = bytes }
    }
}

/// A stream that several processes write to, whole lines each.
package enum SharedOutput {
    /// Writes all of it with nothing of others in between.
    package static func write(_ bytes: [UInt8], to number: Int32) throws(PosixError) {
        let isWritten = unsafe bytes.withUnsafeBytes { unsafe pmap_write_whole(number, $0.baseAddress, $0.count) }
        if !isWritten { throw PosixError("write") }
    }
}
