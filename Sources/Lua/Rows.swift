// Many values one after the other, most of them numbers and strings: what the encoder and the decoder do for a whole
// value costs more than such a value.

import CLua
import CLuaBridge
package import Wire

extension Encoder {
    /// Appends the value at `index`, as `encode` does.
    package mutating func encodeNext(
        _ index: Int32, of stack: Stack, into buffer: inout WireBuffer, root: @autoclosure () -> String
    ) throws(EncodeError) {
        let type = unsafe lua_type(stack.thread, index)
        switch type {
        case LUA_TNUMBER, LUA_TSTRING, LUA_TBOOLEAN, LUA_TNIL:
            self.stack = stack
            _ = try encodeScalar(index, type: type, nilIsNull: false, into: &buffer)
        default: try encode(index, of: stack, into: &buffer, root: root())
        }
    }

    /// Appends the values at these places of a list, each by itself. No Lua code may run meanwhile.
    package mutating func encodeEach(
        of list: Int32, _ places: ClosedRange<Int>, of stack: Stack, into buffer: inout WireBuffer, root: String
    ) throws(EncodeError) {
        keepsNames = false
        defer { keepsNames = false }
        var place = places.lowerBound
        while place <= places.upperBound {
            place = buffer.appendScalars(of: list, from: place, to: places.upperBound, stack)
            if place > places.upperBound { return }
            stack.rawGet(list, at: place)
            try encodeNext(stack.top, of: stack, into: &buffer, root: "\(root)[\(place)]")
            keepsNames = hasFreshNames
            stack.pop()
            place += 1
        }
    }
}

extension WireBuffer {
    /// Bytes that one run of scalars takes: what room there is, so that a lent buffer is not left without need.
    private var run: Int { max(min(8 << 10, capacity - count), 256) }

    /// Appends numbers, strings and booleans of a list; answers the place where something else stands, or the one after
    /// the last.
    mutating func appendScalars(of list: Int32, from first: Int, to last: Int, _ stack: Stack) -> Int {
        var place = first
        while place <= last {
            let start = place, run = run
            unsafe append(upTo: run) { room in
                var written = 0
                place = unsafe Int(
                    pmap_pack_scalars(
                        stack.thread, list, Int64(start), Int64(last), room.assumingMemoryBound(to: UInt8.self),
                        run, &written))
                return written
            }
            // A run that was full goes on.
            if place == start { break }
        }
        return place
    }
}

extension Decoder {
    /// Puts numbers, strings and booleans from `offset` on into a list, and moves it behind them; answers the place of what
    /// is something else, or the one after the last.
    package func decodeScalars(
        _ buffer: borrowing WireBuffer, at offset: inout Int, into list: Int32, from first: Int, to last: Int,
        _ stack: Stack
    ) -> Int {
        var reader = unsafe WireReader(buffer.bytes)
        reader.offset = offset
        defer { offset = reader.offset }
        return reader.readScalars(into: list, from: first, to: last, stack)
    }

    /// Decodes the value at `offset`, which moves behind it. Stack: → value
    package mutating func decodeNext(
        _ buffer: borrowing WireBuffer, at offset: inout Int, onto stack: Stack
    ) throws(WireError) {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[offset...])
        var reader = unsafe WireReader(bytes)
        switch try reader.readToken() {
        case .integer(let value): stack.push(value)
        case .float(let value): stack.push(value)
        case .boolean(let value): stack.push(value)
        case .nil: stack.pushNil()
        case .string(let count): unsafe stack.push(bytes: try reader.readBytes(count))
        default:
            offset += try unsafe decode(bytes, onto: stack)
            return
        }
        offset += reader.offset
    }
}

extension WireReader {
    /// Reads numbers, strings and booleans into a list, while they are all there.
    mutating func readScalars(into list: Int32, from first: Int, to last: Int, _ stack: Stack) -> Int {
        var read = 0
        let rest = unsafe self.rest
        guard first <= last, let start = rest.baseAddress else { return first }
        let place = unsafe pmap_unpack_scalars(
            stack.thread, list, Int64(first), Int64(last), start.assumingMemoryBound(to: UInt8.self), rest.count, &read)
        offset += read
        return Int(place)
    }
}

extension WireBuffer {
    /// The byte at a place that has been written.
    package func byte(at offset: Int) -> UInt8 { load(UInt8.self, at: offset) }
}

extension Stack {
    /// Stack: function, arguments… → results…, or → what the handler at `handler` made of the error, and false.
    package func tryCall(arguments: Int32, results: Int32, handler: Int32) -> Bool {
        unsafe pmap_call_handled(thread, arguments, results, handler) == LUA_OK
    }
}

/// What a run of scalars through a function has ended with.
package enum ScalarRunEnd {
    /// The next item is something else, or there is none. Stack: → (nothing)
    case item
    /// The function answered something else. Stack: → answer
    case answer
    /// It failed. Stack: → what the handler made of the error
    case failure
}

/// Where a run of scalars tells how far it is: addresses of words in shared memory, and from where they count.
package struct ScalarProgress {
    let begun: UInt, count: UInt, bytes: UInt
    let taskFirst: Int, resultsFirst: Int

    package init(begun: UInt, count: UInt, bytes: UInt, taskFirst: Int, resultsFirst: Int) {
        self.begun = begun
        self.count = count
        self.bytes = bytes
        self.taskFirst = taskFirst
        self.resultsFirst = resultsFirst
    }
}

extension Stack {
    /// Calls the function at `function` with items from `offset` on, up to the one at `last`, while items and answers are
    /// numbers, strings and booleans, and appends the answers to `output`, which does not move. `place` and `offset`
    /// become those of what is to be looked at: the item whose answer or failure is on the stack, or the next one.
    package func runScalars(
        _ function: Int32, handler: Int32, _ items: borrowing WireBuffer, at offset: inout Int, place: inout Int,
        last: Int, into output: inout WireBuffer, _ progress: ScalarProgress
    ) -> ScalarRunEnd {
        var run = unsafe pmap_scalar_run()
        let bytes = unsafe items.bytes
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .item }
        unsafe run.next = start + offset
        unsafe run.end = start + bytes.count
        unsafe run.place = Int64(place)
        unsafe run.last = Int64(last)
        unsafe run.output = output.base.assumingMemoryBound(to: UInt8.self)
        unsafe run.used = output.count
        unsafe run.capacity = output.capacity
        unsafe run.begun = UnsafeMutablePointer(bitPattern: progress.begun)
        unsafe run.count = UnsafeMutablePointer(bitPattern: progress.count)
        unsafe run.bytes = UnsafeMutablePointer(bitPattern: progress.bytes)
        unsafe run.task_first = Int64(progress.taskFirst)
        unsafe run.results_first = Int64(progress.resultsFirst)
        let status = unsafe pmap_run_scalars(thread, function, handler, &run)
        offset = unsafe run.next - start
        place = unsafe Int(run.place)
        unsafe output.count = run.used
        if status != LUA_OK { return .failure }
        return unsafe run.is_called ? .answer : .item
    }
}
