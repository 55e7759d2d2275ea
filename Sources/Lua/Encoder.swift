// A Lua value, straight from the stack, becomes MessagePack with the extensions of `WireExtension`.
//
// There is no recursion: what is open is a list of frames here and the tables themselves on the Lua stack, which
// goes on in a new Lua thread when it is full. Nothing here can run a finalizer or a metamethod, so the value does
// not change meanwhile. What the frames do is in Encoder+Tables.swift and Encoder+Functions.swift.

import CLua
import CLuaBridge
package import Wire

/// Encodes values of one Lua state, one at a time.
package struct Encoder {
    var names: KnownNames
    let marks: TableMarks
    /// Tables, functions and upvalues of this message in order of appearance.
    var numbers = ObjectNumbers()
    var hasReferences = false
    var hasFreshNames = false
    var frames: [Frame] = []
    /// The caller's thread, then those that continue it.
    var threads: [Stack] = []
    /// The last of `threads`.
    var stack: Stack
    /// Whose handles may be in values; without one they cannot be sent.
    package var keeper: HandleKeeper?
    var handles: [Int] = []
    let packer = Packer()

    /// A table or function that has been begun.
    struct Frame {
        enum Kind { case list, pairs, upvalues }
        var kind: Kind
        /// Where on its thread the table or function is.
        var slot: Int32
        /// The height of its thread when it was opened.
        var base: Int32
        /// What was last begun: a place in the list, an upvalue, or the slot of a key or value.
        var current: Int
        /// How many entries there are.
        var count: Int
        /// Of pairs: the slot of the last value that has been fetched.
        var end: Int32
        /// Where the extension around it begins, whose size is stored at the end.
        var header: Int?
        /// Which thread it is on.
        var thread: Int
    }

    package init(_ stack: Stack) {
        self.stack = stack
        names = KnownNames(stack)
        marks = TableMarks(stack)
    }

    /// Appends the value at `index` of `stack`, any thread of the state. `root` is what paths in errors begin with.
    ///
    /// On error the buffer is as it was; the height of the stack always is.
    package mutating func encode(
        _ index: Int32, of stack: Stack, into buffer: inout WireBuffer, root: String
    ) throws(EncodeError) {
        if stack.type(index) == .table {
            self.stack = stack
            try refreshNames()
            let isPacked = unsafe pack(into: &buffer) { unsafe pmap_pack_value(stack.thread, index, &$0) }
            if isPacked { return }
        } else {
            hasFreshNames = false
        }
        try encodeGivenUp(index, of: stack, into: &buffer, root: root)
    }

    /// The same for what C gives up.
    mutating func encodeGivenUp(
        _ index: Int32, of stack: Stack, into buffer: inout WireBuffer, root: String
    ) throws(EncodeError) {
        let height = stack.top, start = buffer.count
        guard stack.reserve(Encoder.room) else { throw .cannotSend("anything: the Lua stack is full", path: root) }
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
        for handle in handles { keeper?.send(handle) }
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

    /// Stack: value → …; after an error the frames show where it was.
    private mutating func encodeAll(into buffer: inout WireBuffer) throws(EncodeError) {
        var slot = try encodeScalar(stack.top, nilIsNull: false, into: &buffer) ? nil : stack.top
        while true {
            var frame: Frame
            if let begun = slot {
                guard let opened = try open(begun, into: &buffer) else {
                    slot = nil
                    continue
                }
                frame = opened
            } else if let outer = frames.popLast() {
                frame = outer
            } else {
                return
            }
            do throws(EncodeError) {
                slot = try advance(&frame, into: &buffer)
                if slot == nil { try close(frame, in: &buffer) }
            } catch {
                frames.append(frame)
                throw error
            }
            if slot != nil { frames.append(frame) }
        }
    }

    /// Writes what is in the frame up to the next table or function, and answers where that is, or nil at the end.
    private mutating func advance(_ frame: inout Frame, into buffer: inout WireBuffer) throws(EncodeError) -> Int32? {
        switch frame.kind {
        case .list: try advanceList(&frame, into: &buffer)
        case .pairs: try advancePairs(&frame, into: &buffer)
        case .upvalues: try advanceUpvalues(&frame, into: &buffer)
        }
    }

    /// Writes the head of the table or function at `slot`; nil when that is all.
    private mutating func open(_ slot: Int32, into buffer: inout WireBuffer) throws(EncodeError) -> Frame? {
        if !hasFreshNames { try refreshNames() }
        return stack.type(slot) == .table
            ? try openTable(slot, into: &buffer) : try openFunction(slot, into: &buffer)
    }

    /// Writes the value at `slot`, or answers false if it is a table or function.
    @inline(__always)
    mutating func encodeScalar(
        _ slot: Int32, nilIsNull: Bool, into buffer: inout WireBuffer
    ) throws(EncodeError) -> Bool {
        try encodeScalar(slot, type: unsafe lua_type(stack.thread, slot), nilIsNull: nilIsNull, into: &buffer)
    }

    @inline(__always)
    mutating func encodeScalar(
        _ slot: Int32, type: Int32, nilIsNull: Bool, into buffer: inout WireBuffer
    ) throws(EncodeError) -> Bool {
        switch type {
        case LUA_TNUMBER:
            if stack.isInteger(slot) {
                buffer.append(integer: unsafe lua_tointegerx(stack.thread, slot, nil))
            } else {
                buffer.append(float: stack.number(slot))
            }
        case LUA_TSTRING:
            var count = 0
            let start = unsafe lua_tolstring(stack.thread, slot, &count)
            if count > UInt32.max { throw tooLarge("a string") }
            buffer.appendString(count: count)
            unsafe buffer.append(UnsafeRawBufferPointer(start: start, count: count))
        case LUA_TBOOLEAN: buffer.append(boolean: stack.boolean(slot))
        case LUA_TNIL: buffer.appendNil()
        case LUA_TTABLE, LUA_TFUNCTION: return false
        default:
            guard stack.isNull(slot) else { return try encodeHandle(slot, into: &buffer) }
            if nilIsNull { buffer.appendNil() } else { buffer.append(.null, count: 0) }
        }
        return true
    }

    private mutating func encodeHandle(_ slot: Int32, into buffer: inout WireBuffer) throws(EncodeError) -> Bool {
        guard keeper != nil, let handle = stack.handle(slot) else { throw unsendable(slot) }
        buffer.append(.handle, count: 8)
        buffer.append(bigEndian: Int64(handle))
        handles.append(handle)
        return true
    }

    // MARK: Frames

    /// A frame for the table or function at `slot`; what is above `base` is the frame's own.
    func frame(_ kind: Frame.Kind, _ slot: Int32, base: Int32, count: Int, header: Int?) -> Frame {
        Frame(
            kind: kind, slot: slot, base: base, current: kind == .pairs ? Int(base + 1) : 0, count: count,
            end: stack.top, header: header, thread: threads.count - 1)
    }

    private mutating func close(_ frame: Frame, in buffer: inout WireBuffer) throws(EncodeError) {
        if let header = frame.header, !buffer.close(header) { throw tooLarge("a value") }
        stack.top = frame.base
        let outer = frames.last?.thread ?? 0
        if outer < threads.count - 1 {
            threads.removeLast()
            stack = threads[outer]
        }
    }

    /// Makes room for one more frame; when this thread has none, the thing at `slot` moves to a new one. Answers where
    /// it is then.
    mutating func makeRoom(for slot: Int32) -> Int32 {
        if stack.reserve(Encoder.room) { return slot }
        if threads.count == 1 { collectorWasRunning = stack.stopCollector() }
        let next = stack.pushThread()
        stack.copy(slot)
        stack.move(to: next)
        threads.append(next)
        stack = next
        return 1
    }

    /// Slots that one step may use, with the look through the modules, which goes three tables deep.
    static var room: Int32 { 320 }

    /// Answers whether the thing with this identity was in the message before, and then writes a reference to it.
    @inline(__always)
    mutating func encodeReference(to identity: UInt, into buffer: inout WireBuffer) -> Bool {
        guard let number = numbers.insert(identity) else { return false }
        hasReferences = true
        buffer.append(.reference, count: 4)
        buffer.append(bigEndian: number)
        return true
    }

    mutating func refreshNames() throws(EncodeError) {
        guard stack.reserve(Encoder.room) else { throw .cannotSend("anything: the Lua stack is full", path: "") }
        hasFreshNames = true
        try orInterrupted { () throws(LuaError) in try names.refresh(stack) }
    }
}

/// What Lua raises while a value is read becomes an `EncodeError`.
@inline(__always)
func orInterrupted<Value>(_ body: () throws(LuaError) -> Value) throws(EncodeError) -> Value {
    do throws(LuaError) { return try body() } catch { throw .interrupted(error) }
}
