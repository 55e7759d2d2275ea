// From MessagePack with the extensions of `MessagePackExtension` to a Lua value on the stack.
//
// The bytes may be hostile: every count is checked against the remaining bytes before anything is allocated for it.
// There is no recursion, as in the encoder: a new table is stored in the one around it at once, and stays on the
// Lua stack while it is filled. The steps of a frame are in Decoder+Tables.swift and Decoder+Functions.swift.

import CLua
import CLuaBridge

/// Decodes values into one Lua state, one at a time.
///
/// A value that names a module not yet loaded here runs that module's code, and creating tables may run finalizers:
/// if either decodes a value, it needs another decoder.
package struct Decoder {
    let tags: TableTags
    let loaded: Int, classes: Int
    var frames: [Frame] = []
    /// The caller's thread, then those that continue it.
    var threads: [Stack] = []
    /// The last of `threads`.
    var stack: Stack
    /// For the handles in values; without it they are refused.
    package var handleRegistry: HandleRegistry?
    /// Not nil while a graph is read.
    var graph: Graph?

    /// A table or function that has been begun.
    struct Frame {
        enum Kind { case list, pairs, upvalues }
        var kind: Kind
        /// It stays on the stack when it is complete: the value itself, or a key.
        var stays: Bool
        /// The index of the table or function on its thread.
        var index: Int32
        /// Values begun; a pair is two.
        var current: Int
        /// Values in all.
        var count: Int
        /// Values that are still to come in the frames around it, at least a byte each.
        var awaited: Int
        /// The end of the extension around it, and of the one around that.
        var end: Int?
        var outerEnd: Int?
        /// The number of its thread.
        var thread: Int
        /// Its number in a graph.
        var number: Int

        init(_ kind: Kind, count: Int, awaited: Int) {
            self.kind = kind
            self.count = count
            self.awaited = awaited
            stays = false
            (index, current, thread, number) = (0, 0, 0, 0)
        }

        /// The value begun last is a key.
        var isAtKey: Bool { kind == .pairs && current & 1 == 1 }
    }

    package init(_ stack: Stack) {
        self.stack = stack
        tags = TableTags(stack)
        stack.rawGet(Stack.registry, field: "_LOADED")
        loaded = stack.makeReference()
        stack.pushClasses()
        classes = stack.makeReference()
    }

    /// Decodes the value at the beginning of `bytes`; returns its length.
    ///
    /// Stack: → value, or on error → (nothing)
    package mutating func decode(_ bytes: UnsafeRawBufferPointer, onto stack: Stack) throws(DecodeError) -> Int {
        let size = unsafe pmap_unpack(stack.thread, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        return size > 0 ? size : try unsafe decodeFallback(bytes, onto: stack)
    }

    /// The same for values that C refuses.
    mutating func decodeFallback(_ bytes: UnsafeRawBufferPointer, onto stack: Stack) throws(DecodeError) -> Int {
        let height = stack.top
        self.stack = stack
        threads.append(stack)
        defer { end() }
        var reader = unsafe MessagePackReader(bytes)
        do throws(DecodeError) {
            try decodeAll(&reader)
        } catch {
            stack.top = height
            throw error
        }
        return reader.offset
    }

    private mutating func end() {
        if let graph { threads[0].releaseReference(graph.reference) }
        graph = nil
        threads.removeAll()
        frames.removeAll(keepingCapacity: frames.capacity < 1 << 10)
    }

    private mutating func decodeAll(_ reader: inout MessagePackReader) throws(DecodeError) {
        guard stack.reserve(Decoder.stackPerStep) else { throw .unresolved("the Lua stack is full", at: 0) }
        let graphEnd = try openGraph(&reader)
        let token = try reader.readToken()
        if !(try push(token, nilIsNull: false, &reader)) { try decodeNested(token, &reader) }
        if let graphEnd {
            guard reader.offset == graphEnd else { throw .overrun(at: reader.offset) }
        }
    }

    /// Stack: → the table or function that `token` begins
    private mutating func decodeNested(_ token: MessagePackToken, _ reader: inout MessagePackReader) throws(DecodeError)
    {
        var frame = try open(token, in: nil, &reader)
        while true {
            if let token = try advance(&frame, &reader) {
                let inner = try open(token, in: frame, &reader)
                frames.append(frame)
                frame = inner
            } else {
                try close(frame, &reader)
                guard let outer = frames.popLast() else { return }
                frame = outer
            }
        }
    }

    /// Reads up to the next table or function in the frame, and returns the token of that, or nil at the end.
    private mutating func advance(_ frame: inout Frame, _ reader: inout MessagePackReader) throws(DecodeError)
        -> MessagePackToken?
    {
        switch frame.kind {
        case .list: try advanceList(&frame, &reader)
        case .pairs: try advancePairs(&frame, &reader)
        case .upvalues: try advanceUpvalues(&frame, &reader)
        }
    }

    // MARK: Values

    /// Pushes a value that is neither table nor function and returns true; else pushes and reads nothing.
    @inline(__always)
    mutating func push(_ token: MessagePackToken, nilIsNull: Bool, _ reader: inout MessagePackReader)
        throws(DecodeError) -> Bool
    {
        switch token {
        case .integer(let value): stack.push(value)
        case .string(let count): unsafe stack.push(bytes: try reader.readBytes(count))
        case .float(let value): stack.push(value)
        case .boolean(let value): stack.push(value)
        case .nil: if nilIsNull { stack.pushNull() } else { stack.pushNil() }
        case .large(let value): stack.push(Double(value))
        case .array, .map: return false
        case .extension(let code, let count): return try pushExtension(code, count: count, &reader)
        }
        return true
    }

    /// Begins a table or function, and stores it in the frame around it unless it is a key there.
    ///
    /// Stack: → the table or function
    private mutating func open(
        _ token: MessagePackToken, in outer: Frame?, _ reader: inout MessagePackReader
    ) throws(DecodeError) -> Frame {
        let awaited = outer.map { $0.awaited + $0.count - $0.current } ?? 0
        var frame: Frame
        switch token {
        case .array(let count): frame = try openTable(.list, count: count, awaited: awaited, &reader)
        case .map(let count): frame = try openTable(.pairs, count: 2 * count, awaited: awaited, &reader)
        case .extension(let code, let count):
            frame = try openExtension(code, count: count, awaited: awaited, &reader)
        default: preconditionFailure("only tables and functions are opened")
        }
        frame.number = graph?.add(stack) ?? 0
        if let outer, !outer.isAtKey { attach(to: outer) } else { frame.stays = true }
        ensureStack()
        frame.index = stack.top
        frame.thread = threads.count - 1
        return frame
    }

    // MARK: Frames

    /// Values that one step may push.
    static var stackPerStep: Int32 { 40 }

    /// When this thread is too full for another frame, the value on top moves to a new one.
    private mutating func ensureStack() {
        if stack.reserve(Decoder.stackPerStep) { return }
        let next = stack.pushThread()
        stack.insert(at: -2)
        stack.move(to: next)
        threads.append(next)
        stack = next
    }

    /// Stack: table or function → (nothing), or the same if it stays
    private mutating func close(_ frame: Frame, _ reader: inout MessagePackReader) throws(DecodeError) {
        if let end = frame.end {
            guard reader.offset == end else { throw .overrun(at: reader.offset) }
            reader.payloadEnd = frame.outerEnd
        }
        let outer = frames.last?.thread ?? 0
        if outer < threads.count - 1 {
            leaveThread(with: frame.stays)
        } else if !frame.stays {
            stack.pop()
        }
    }

    /// Stack of the thread before: thread → (nothing), or the value of this one if it stays
    private mutating func leaveThread(with value: Bool) {
        let done = stack
        threads.removeLast()
        stack = threads[threads.count - 1]
        if value {
            done.move(to: stack)
            stack.remove(-2)
        } else {
            stack.pop()
        }
    }

    /// Stores the value in the frame. Stack: value → value; of a pair: key, value → value
    private func attach(to frame: Frame) {
        switch frame.kind {
        case .list:
            stack.copy(-1)
            stack.rawSet(frame.index, at: frame.current)
        case .pairs:
            stack.copy(-1)
            stack.insert(at: -3)
            stack.rawSet(frame.index)
        case .upvalues:
            stack.copy(-1)
            stack.setUpvalue(of: frame.index, at: Int32(frame.current))
        }
    }
}
