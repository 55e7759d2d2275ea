// Feeds messages to the decoder. Each must be a value or an error, and leave nothing on the stack; the memory it takes
// is bounded by its size; a value can be sent again, and what is sent is read whole.

import Bytes
import Fuzzing
import Lua

@main final class DecoderFuzz: FuzzTarget {
    private let state: State
    private var encoder: Encoder
    private var decoder: Decoder
    private var sent = ByteBuffer()

    init() {
        guard let state = try? State() else { preconditionFailure("there is no memory for a state") }
        DecoderFuzz.prepare(state.stack)
        encoder = Encoder(state.stack)
        decoder = Decoder(state.stack)
        self.state = state
    }

    /// Modules come from here alone; objects of the one class have a finalizer that makes tables.
    private static func prepare(_ stack: Stack) {
        run(
            """
            package.path, package.cpath = "", ""
            sample = { __name = "sample", __gc = function() return { {} } end, f = function() end }
            package.loaded.sample = sample
            return sample
            """, on: stack)
        stack.registerClass(name: "sample class")
    }

    /// Stack: → result
    private static func run(_ source: String, on stack: Stack) {
        do {
            try stack.load(Array(source.utf8), name: "=fuzz")
            try stack.call(arguments: 0, results: 1)
        } catch { preconditionFailure("the code of the target is wrong: \(error)") }
    }

    func feed(_ bytes: UnsafeRawBufferPointer) {
        let stack = state.stack
        let before = state.bytesInUse
        let used = unsafe decode(bytes)
        precondition(
            state.bytesInUse < before + (1 << 20) + 256 * bytes.count, "a message takes memory out of proportion")
        if let used {
            precondition(used > 0 && used <= bytes.count, "a value was made of bytes that are not in the message")
            sendAgain()
            stack.pop()
        }
        precondition(stack.top == 0, "something was left on the stack")
    }

    /// Stack: → value, or → (nothing) and nil
    private func decode(_ bytes: UnsafeRawBufferPointer) -> Int? {
        do throws(DecodeError) {
            return try unsafe decoder.decode(bytes, onto: state.stack)
        } catch {
            _ = error.description
            return nil
        }
    }

    /// Stack: value → value
    private func sendAgain() {
        let first = encoded()
        let used = unsafe decode(sent.bytes)
        precondition(used == first, "what was sent is not read whole")
        precondition(encoded() == first, "a value that came back is not as long when it is sent again")
        state.stack.pop()
    }

    /// The size of the value on top when it is sent.
    private func encoded() -> Int {
        sent.reset()
        do throws(EncodeError) {
            try encoder.encode(-1, of: state.stack, into: &sent, root: "value")
        } catch { preconditionFailure("a value that was read cannot be sent: \(error)") }
        return sent.count
    }

    /// Functions among them: their hashes hold under SWIFT_DETERMINISTIC_HASHING.
    var seeds: [[UInt8]] {
        [
            "{id = 17, name = 'x', v = {1, 2.5, -3, 1 << 40, -1 << 40, true}, [2.5] = false}",
            "{{{{}}}, string, print, _G, sample, sample.f, string.format}",
            "setmetatable({1, {2}}, sample)",
            "(function() local t = {} t.self = t t[t] = t return t end)()",
            "(function() local n, t = 0, {} return {function() n = n + 1 return t end, function() return n, t end} end)()",
            "(function() local f f = function() return f end return f end)()",
            "('x'):rep(300)", "table.pack(('x'):rep(3000):byte(1, 20))",
            "(function() local t = {} for i = 1, 500 do t = {t} end return t end)()",
        ].map { expression in
            DecoderFuzz.run("return " + expression, on: state.stack)
            _ = encoded()
            state.stack.pop()
            return sent.array
        } + [[0xc7, 12, 0xff] + Array(repeating: 1, count: 12), [0xd7, 0xff, 1, 2, 3, 4, 5, 6, 7, 8], [0xc7, 0, 82]]
    }
}
