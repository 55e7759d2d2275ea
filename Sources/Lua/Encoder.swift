// From a Lua value on the stack to MessagePack with the extensions of `MessagePackExtension`.
//
// There is no recursion: open tables are a list of frames here and the tables themselves on the Lua stack, which
// goes on in a new Lua thread when it is full. Nothing here can run a finalizer or a metamethod, so the value does
// not change meanwhile. The steps of a frame are in Encoder+Tables.swift and Encoder+Functions.swift.

package import Bytes
import CLua
import CLuaBridge

/// Encodes values of one Lua state, one at a time.
package struct Encoder {
    var names: KnownNames
    let tags: TableTags
    /// Tables, functions and upvalues of this message in order of appearance.
    var numbers = ObjectNumbers()
    var hasReferences = false
    var hasFreshNames = false
    var frames: [Frame] = []
    /// The caller's thread, then those that continue it.
    var threads: [Stack] = []
    /// The last of `threads`.
    var stack: Stack
    /// For the handles in values; without it they cannot be sent.
    package var handleRegistry: HandleRegistry?
    var handles: [Int] = []
    let packer = Packer()
    /// There was a function with its code, which another run does not take; until it is set back.
    package var hasCode = false

    /// A table or function that has been begun.
    struct Frame {
        enum Kind { case list, pairs, upvalues }
        var kind: Kind
        /// The index of the table or function on its thread.
        var index: Int32
        /// The height of its thread when it was opened.
        var base: Int32
        /// What was last begun: an index of the list or an upvalue, or the stack index of a key or value.
        var current: Int
        /// The number of entries.
        var count: Int
        /// Of pairs: the stack index of the last value that has been fetched.
        var end: Int32
        /// The offset of the extension around it, whose size is stored at the end.
        var header: Int?
        /// The number of its thread.
        var thread: Int
    }

    package init(_ stack: Stack) {
        self.stack = stack
        names = KnownNames(stack)
        tags = TableTags(stack)
    }

    /// Appends the value at `index` of `stack`, any thread of the state. Paths in errors begin with `root`.
    ///
    /// On error the buffer is as it was; the height of the stack always is.
    package mutating func encode(
        _ index: Int32, of stack: Stack, into buffer: inout ByteBuffer, root: String
    ) throws(EncodeError) {
        if stack.type(index) == .table {
            try prepareToPack(from: stack)
            let isPacked = unsafe pack(into: &buffer) { unsafe pmap_pack_value(stack.thread, index, &$0) }
            if isPacked { return }
        } else {
            hasFreshNames = false
        }
        try encodeFallback(index, of: stack, into: &buffer, root: root)
    }

    /// The same for values that C refuses.
    mutating func encodeFallback(
        _ index: Int32, of stack: Stack, into buffer: inout ByteBuffer, root: String
    ) throws(EncodeError) {
        let height = stack.top, start = buffer.count
        guard stack.reserve(Encoder.stackPerStep) else {
            throw .cannotSend("anything: the Lua stack is full", path: root)
        }
        begin(stack)
        stack.copy(index)
        do throws(EncodeError) {
            try encodeAll(into: &buffer)
            if hasReferences && !buffer.wrap(from: start, in: .graph) { throw tooLarge("a value") }
            frames.removeAll(keepingCapacity: frames.count < 1 << 10)
        } catch {
            buffer.truncate(to: start)
            let located = locate(error, root: root)
            end(stack, height)
            throw located
        }
        for handle in handles { handleRegistry?.send(handle) }
        end(stack, height)
    }

    private mutating func begin(_ stack: Stack) {
        self.stack = stack
        threads.append(stack)
        numbers.removeAll()
        hasReferences = false
        handles.removeAll()
    }

    private mutating func end(_ stack: Stack, _ height: Int32) {
        if threads.count > 1 && collectorWasRunning { stack.restartCollector() }
        threads.removeAll()
        frames.removeAll(keepingCapacity: frames.capacity < 1 << 10)
        stack.top = height
    }

    /// Whether the collector is to run again at the end; it is stopped with the first thread that is made.
    var collectorWasRunning = false

    /// Stack: value → …; after an error the frames are its path.
    private mutating func encodeAll(into buffer: inout ByteBuffer) throws(EncodeError) {
        var index = try encodeScalar(stack.top, nilIsNull: false, into: &buffer) ? nil : stack.top
        while true {
            var frame: Frame
            if let begun = index {
                guard let opened = try open(begun, into: &buffer) else {
                    index = nil
                    continue
                }
                frame = opened
            } else if let outer = frames.popLast() {
                frame = outer
            } else {
                return
            }
            do throws(EncodeError) {
                index = try advance(&frame, into: &buffer)
                if index == nil { try close(frame, in: &buffer) }
            } catch {
                frames.append(frame)
                throw error
            }
            if index != nil { frames.append(frame) }
        }
    }

    /// Writes the values of the frame up to the next table or function, and returns the index of that, or nil at the end.
    private mutating func advance(_ frame: inout Frame, into buffer: inout ByteBuffer) throws(EncodeError) -> Int32? {
        switch frame.kind {
        case .list: try advanceList(&frame, into: &buffer)
        case .pairs: try advancePairs(&frame, into: &buffer)
        case .upvalues: try advanceUpvalues(&frame, into: &buffer)
        }
    }

    /// Writes the head of the table or function at `index`; nil when it is complete with that.
    private mutating func open(_ index: Int32, into buffer: inout ByteBuffer) throws(EncodeError) -> Frame? {
        if !hasFreshNames { try refreshNames() }
        return stack.type(index) == .table
            ? try openTable(index, into: &buffer) : try openFunction(index, into: &buffer)
    }

    /// Writes the value at `index`, or returns false if it is a table or function.
    @inline(__always)
    mutating func encodeScalar(
        _ index: Int32, nilIsNull: Bool, into buffer: inout ByteBuffer
    ) throws(EncodeError) -> Bool {
        try encodeScalar(index, type: unsafe lua_type(stack.thread, index), nilIsNull: nilIsNull, into: &buffer)
    }

    @inline(__always)
    mutating func encodeScalar(
        _ index: Int32, type: Int32, nilIsNull: Bool, into buffer: inout ByteBuffer
    ) throws(EncodeError) -> Bool {
        switch type {
        case LUA_TNUMBER:
            if stack.isInteger(index) {
                buffer.append(integer: unsafe lua_tointegerx(stack.thread, index, nil))
            } else {
                buffer.append(float: stack.number(index))
            }
        case LUA_TSTRING:
            var count = 0
            let start = unsafe lua_tolstring(stack.thread, index, &count)
            if count > UInt32.max { throw tooLarge("a string") }
            buffer.appendString(count: count)
            unsafe buffer.append(UnsafeRawBufferPointer(start: start, count: count))
        case LUA_TBOOLEAN: buffer.append(boolean: stack.boolean(index))
        case LUA_TNIL: buffer.appendNil()
        case LUA_TTABLE, LUA_TFUNCTION: return false
        default:
            guard stack.isNull(index) else { return try encodeHandle(index, into: &buffer) }
            if nilIsNull { buffer.appendNil() } else { buffer.append(.null, count: 0) }
        }
        return true
    }

    private mutating func encodeHandle(_ index: Int32, into buffer: inout ByteBuffer) throws(EncodeError) -> Bool {
        guard handleRegistry != nil, let handle = stack.handle(index) else { throw unsendable(index) }
        buffer.append(.handle, count: 8)
        buffer.append(bigEndian: Int64(handle))
        handles.append(handle)
        return true
    }

    // MARK: Frames

    /// A frame for the table or function at `index`; the values above `base` are the frame's own.
    func frame(_ kind: Frame.Kind, _ index: Int32, base: Int32, count: Int, header: Int?) -> Frame {
        Frame(
            kind: kind, index: index, base: base, current: kind == .pairs ? Int(base + 1) : 0, count: count,
            end: stack.top, header: header, thread: threads.count - 1)
    }

    private mutating func close(_ frame: Frame, in buffer: inout ByteBuffer) throws(EncodeError) {
        if let header = frame.header, !buffer.close(header) { throw tooLarge("a value") }
        stack.top = frame.base
        let outer = frames.last?.thread ?? 0
        if outer < threads.count - 1 {
            threads.removeLast()
            stack = threads[outer]
        }
    }

    /// Makes sure that the stack holds one more frame; when this thread is full, the value at `index` moves to a new
    /// one. Returns its index there.
    mutating func ensureStack(for index: Int32) -> Int32 {
        if stack.reserve(Encoder.stackPerStep) { return index }
        if threads.count == 1 { collectorWasRunning = stack.stopCollector() }
        let next = stack.pushThread()
        stack.copy(index)
        stack.move(to: next)
        threads.append(next)
        stack = next
        return 1
    }

    /// Values that one step may push, with the collecting of names, which goes three tables deep.
    static var stackPerStep: Int32 { 320 }

    /// Writes a reference to the object with this identity and returns true, if the message has had it before.
    @inline(__always)
    mutating func encodeReference(to identity: UInt, into buffer: inout ByteBuffer) -> Bool {
        guard let number = numbers.insert(identity) else { return false }
        hasReferences = true
        buffer.append(.reference, count: 4)
        buffer.append(bigEndian: number)
        return true
    }

    /// Before values of `stack` are packed in C.
    mutating func prepareToPack(from stack: Stack) throws(EncodeError) {
        self.stack = stack
        try refreshNames()
    }

    private mutating func refreshNames() throws(EncodeError) {
        guard stack.reserve(Encoder.stackPerStep) else {
            throw .cannotSend("anything: the Lua stack is full", path: "")
        }
        hasFreshNames = true
        try orInterrupted { () throws(LuaError) in try names.refresh(stack) }
    }
}

/// Converts an error that Lua raises while a value is read to an `EncodeError`.
@inline(__always)
func orInterrupted<Value>(_ body: () throws(LuaError) -> Value) throws(EncodeError) -> Value {
    do throws(LuaError) { return try body() } catch { throw .interrupted(error) }
}
