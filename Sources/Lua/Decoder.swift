// MessagePack with the extensions of `WireExtension` becomes a Lua value on the stack.
//
// The bytes may come from anybody: every count is checked against what is left before anything is allocated for it.
// There is no recursion, as in the encoder: a new table is put into the one around it at once, and stays on the
// Lua stack while it is filled. What the frames do is in Decoder+Tables.swift and Decoder+Functions.swift.

import CLua
import CLuaBridge
package import Wire

/// Decodes values into one Lua state, one at a time.
///
/// A value that names a module not yet loaded here runs that module's code, and making tables may run finalizers:
/// either may ask for another value to be decoded, which takes another decoder.
package struct Decoder {
    let marks: TableMarks
    let loaded: Int, classes: Int
    var frames: [Frame] = []
    /// The caller's thread, then those that continue it.
    var threads: [Stack] = []
    /// The last of `threads`.
    var stack: Stack
    /// Whose handles may be in values.
    package var keeper: HandleKeeper?
    /// Set while a graph is read.
    var graph: Graph?

    /// A table or function that has been begun.
    struct Frame {
        enum Kind { case list, pairs, upvalues }
        var kind: Kind
        /// Whether it stays on the stack when it is complete: the value itself, or a key.
        var stays: Bool
        /// Where on its thread the table or function is.
        var slot: Int32
        /// Values that were begun; a pair is two.
        var current: Int
        /// Values in it.
        var count: Int
        /// Values that the frames around it still await, at least a byte each.
        var awaited: Int
        /// Where the extension around it ends, and the one around that.
        var end: Int?
        var outerEnd: Int?
        /// Which thread it is on.
        var thread: Int
        /// Its number in a graph.
        var number: Int

        init(_ kind: Kind, count: Int, awaited: Int) {
            self.kind = kind
            self.count = count
            self.awaited = awaited
            stays = false
            (slot, current, thread, number) = (0, 0, 0, 0)
        }

        /// Whether what was begun last is a key.
        var isAtKey: Bool { kind == .pairs && current & 1 == 1 }
    }

    package init(_ stack: Stack) {
        self.stack = stack
        marks = TableMarks(stack)
        stack.rawGet(Stack.registry, field: "_LOADED")
        loaded = stack.makeReference()
        stack.pushClasses()
        classes = stack.makeReference()
    }

    /// Decodes the value that `bytes` begin with; answers how many bytes it takes.
    ///
    /// Stack: → value, or on error → (nothing)
    package mutating func decode(_ bytes: UnsafeRawBufferPointer, onto stack: Stack) throws(WireError) -> Int {
        let size = unsafe pmap_unpack(stack.thread, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        return size > 0 ? size : try unsafe decodeGivenUp(bytes, onto: stack)
    }

    /// The same for what C gives up.
    mutating func decodeGivenUp(_ bytes: UnsafeRawBufferPointer, onto stack: Stack) throws(WireError) -> Int {
        let height = stack.top
        self.stack = stack
        threads.append(stack)
        defer { end() }
        var reader = unsafe WireReader(bytes)
        do throws(WireError) {
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

    private mutating func decodeAll(_ reader: inout WireReader) throws(WireError) {
        guard stack.reserve(Decoder.room) else { throw .unresolved("the Lua stack is full", at: 0) }
        let graphEnd = try openGraph(&reader)
        let token = try reader.readToken()
        if !(try push(token, nilIsNull: false, &reader)) { try decodeNested(token, &reader) }
        if let graphEnd {
            guard reader.offset == graphEnd else { throw .overrun(at: reader.offset) }
        }
    }

    /// Stack: → the table or function that `token` begins
    private mutating func decodeNested(_ token: WireToken, _ reader: inout WireReader) throws(WireError) {
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

    /// Reads up to the next table or function in the frame, and answers what that begins with, or nil at the end.
    private mutating func advance(_ frame: inout Frame, _ reader: inout WireReader) throws(WireError) -> WireToken? {
        switch frame.kind {
        case .list: try advanceList(&frame, &reader)
        case .pairs: try advancePairs(&frame, &reader)
        case .upvalues: try advanceUpvalues(&frame, &reader)
        }
    }

    // MARK: Values

    /// Pushes what is neither table nor function and answers true; else nothing is pushed or read.
    @inline(__always)
    mutating func push(_ token: WireToken, nilIsNull: Bool, _ reader: inout WireReader) throws(WireError) -> Bool {
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

    /// Begins a table or function, and puts it into the frame around it unless it is to be a key there.
    ///
    /// Stack: → the table or function
    private mutating func open(
        _ token: WireToken, in outer: Frame?, _ reader: inout WireReader
    ) throws(WireError) -> Frame {
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
        makeRoom()
        frame.slot = stack.top
        frame.thread = threads.count - 1
        return frame
    }

    // MARK: Frames

    /// Slots that one step may use.
    static var room: Int32 { 40 }

    /// When this thread has no room for another frame, the thing on top moves to a new one.
    private mutating func makeRoom() {
        if stack.reserve(Decoder.room) { return }
        let next = stack.pushThread()
        stack.insert(at: -2)
        stack.move(to: next)
        threads.append(next)
        stack = next
    }

    /// Stack: table or function → (nothing), or the same if it stays
    private mutating func close(_ frame: Frame, _ reader: inout WireReader) throws(WireError) {
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

    /// Stack: value → value, which is in the frame now; a key before it is gone
    private func attach(to frame: Frame) {
        switch frame.kind {
        case .list:
            stack.copy(-1)
            stack.rawSet(frame.slot, at: frame.current)
        case .pairs:
            stack.copy(-1)
            stack.insert(at: -3)
            stack.rawSet(frame.slot)
        case .upvalues:
            stack.copy(-1)
            stack.setUpvalue(of: frame.slot, at: Int32(frame.current))
        }
    }
}
