// One command line, run by bash with the pmap under test first in PATH: fed, watched, signalled, and in the
// end awaited. Whatever happens, nothing of it is left running: every process it starts carries a mark in its
// environment, and finding the mark afterwards is an error.

import Glibc

package final class Run {
    package let line: String
    package private(set) var output: [UInt8] = []
    package private(set) var errors: [UInt8] = []

    package let folder: Scratch
    private let mark: Mark
    private let process: Int32
    private let deadline: ContinuousClock.Instant
    private let limit: Duration
    private var unwritten: [UInt8] = []
    private var inputOpen: Bool
    private var input: Descriptor?
    private var outputEnd: Descriptor?
    private var errorsEnd: Descriptor?
    private var ending: Ending?

    /// Starts `line` in `folder`; standard input is `input` and then its end, or a pipe held open when nil.
    package init(
        _ line: String, in folder: Scratch, input: String? = "", environment: [String: String] = [:],
        limit: Duration = .seconds(60)
    ) throws {
        self.line = line
        self.limit = limit
        deadline = .now + limit
        mark = Mark()
        self.folder = folder
        let spawned = try Spawned(
            ["/usr/bin/env", "-C", folder.path, "bash", "-o", "pipefail", "-c", line],
            environment: folder.environment.merging(environment) { $1 }.merging(mark.environment) { $1 })
        process = spawned.process
        unwritten = Array((input ?? "").utf8)
        inputOpen = input == nil
        (self.input, outputEnd, errorsEnd) = (spawned.input, spawned.output, spawned.errors)
    }

    deinit {
        mark.killAll()
        if ending == nil { _ = reap(process, block: true) }
    }

    package func write(_ text: String) { unwritten += Array(text.utf8) }
    package func closeInput() { inputOpen = false }
    /// The reader of standard output leaves.
    package func closeOutput() { outputEnd = nil }
    package func signal(_ number: Int32) { kill(process, number) }
    /// SIGKILL for all that it has started and that the kernel knows by this name.
    package func killAll(named name: String) { mark.killAll(named: name) }
    /// As a terminal does it.
    package func signalGroup(_ number: Int32) { kill(-process, number) }

    package func wait(output text: String) throws {
        try pump { String(decoding: $0.output, as: UTF8.self).contains(text) }
    }

    package func wait(lines count: Int) throws {
        try pump { run in run.output.count { $0 == 10 } >= count }
    }

    package func wait(errors text: String, times: Int = 1) throws {
        try pump { String(decoding: $0.errors, as: UTF8.self).components(of: text) > times }
    }

    /// Waits for the end, and for everything that was started to be gone soon after it.
    package func finish(closingInput: Bool = true) throws -> Outcome {
        if closingInput { inputOpen = false }
        try pump { $0.ending != nil && $0.outputEnd == nil && $0.errorsEnd == nil }
        let left = mark.left(within: .seconds(10))
        guard let ending, left.isEmpty else {
            mark.killAll()
            throw RunError.leftRunning(line, left)
        }
        return Outcome(bytes: output, errors: String(decoding: errors, as: UTF8.self), ending: ending)
    }

    /// The same, with a signal that is sent until it has ended: what one signal means may be a matter of when it comes.
    package func finish(sending number: Int32) throws -> Outcome {
        try pump { run in
            if run.ending == nil { run.signal(number) }
            return run.ending != nil
        }
        return try finish()
    }

    private func pump(until done: (Run) -> Bool) throws {
        while !done(self) {
            guard ContinuousClock.now < deadline else {
                mark.killAll()
                throw RunError.tooLong(
                    line, limit, output: String(decoding: output.suffix(2000), as: UTF8.self),
                    errors: String(decoding: errors.suffix(2000), as: UTF8.self))
            }
            if unwritten.isEmpty && !inputOpen { input = nil }
            let ready = Descriptor.poll(
                reading: [outputEnd, errorsEnd], writing: unwritten.isEmpty ? nil : input, milliseconds: 5)
            if ready.writable, let count = input?.write(unwritten) { unwritten.removeFirst(count) }
            if ready.writeFailed { (input, unwritten) = (nil, []) }
            if ready.readable[0] { read(&outputEnd, into: &output) }
            if ready.readable[1] { read(&errorsEnd, into: &errors) }
            if ending == nil { ending = reap(process, block: false) }
            if ending != nil && done(self) { return }
            if ending != nil && outputEnd == nil && errorsEnd == nil && !done(self) {
                throw RunError.endedEarly(
                    line, output: String(decoding: output, as: UTF8.self),
                    errors: String(decoding: errors, as: UTF8.self))
            }
        }
    }

    private func read(_ end: inout Descriptor?, into bytes: inout [UInt8]) {
        if end?.read(into: &bytes) == 0 { end = nil }
    }
}

extension String {
    /// Into how many pieces `separator` cuts this text.
    fileprivate func components(of separator: String) -> Int {
        ranges(of: separator).count + 1
    }
}
