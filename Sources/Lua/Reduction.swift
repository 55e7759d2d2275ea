// Partial results in one Lua state, joined as their items' numbers say; see reduce.h.

package import Bytes
import CLua
import CLuaBridge
import Glibc
package import Wire

/// How values are joined.
package struct JoinPlan: Sendable {
    /// What is done in C as its function would.
    package enum Reducer: String, Sendable { case count, sum, min, max, mean, variance }
    /// What is done with a record before it is joined.
    package enum Lift: String, Sendable { case nothing, number, one, call }

    /// Side by side; none where values are joined by the function.
    package var reducers: [Reducer]
    package var lift: Lift
    /// References in the registry.
    package var join: Int
    package var lifting: Int
    /// Values are joined with those of the same key.
    package var hasKeys: Bool
    /// The last function gets all keys at once, and not one after the other.
    package var takesGroups: Bool
    /// Records are kept as they are, and go through `lifting` when they are joined.
    package var liftsLate = false
    /// What one call may take.
    package var limit: (nanoseconds: Int, seconds: String)?

    package init(reducers: [Reducer], lift: Lift, join: Int, lifting: Int, hasKeys: Bool, takesGroups: Bool) {
        (self.reducers, self.lift, self.join, self.lifting) = (reducers, lift, join, lifting)
        (self.hasKeys, self.takesGroups) = (hasKeys, takesGroups)
    }
}

extension JoinPlan {
    fileprivate func makeReducers() -> pmap_reducers {
        var made = pmap_reducers()
        for reducer in reducers {
            let kind =
                switch reducer {
                case .count: PMAP_REDUCER_COUNT
                case .sum: PMAP_REDUCER_SUM
                case .min: PMAP_REDUCER_MIN
                case .max: PMAP_REDUCER_MAX
                case .mean: PMAP_REDUCER_MEAN
                case .variance: PMAP_REDUCER_VARIANCE
                }
            unsafe pmap_add_reducer(&made, kind)
        }
        return made
    }
}

/// A join that failed.
package struct JoinError: Error {
    package let error: LuaError
    /// Nil where it has failed outside the function.
    package let items: JoinedItems?
    /// The key that the two values have, where there are keys.
    package let key: String?

    package init(message: String) { self.init(error: LuaError(message: message)) }

    init(error: LuaError, items: JoinedItems? = nil, key: String? = nil) {
        (self.error, self.items, self.key) = (error, items, key)
    }
}

/// Values of a state that are joined one after the other.
@safe package struct Reduction: ~Copyable {
    private let stack: Stack
    private let plan: JoinPlan
    private var state = unsafe pmap_reduction()
    private let seconds: UnsafeMutablePointer<CChar>?
    /// A reference to the table of values.
    private var values: Int

    package init(_ plan: JoinPlan, on stack: Stack) {
        (self.plan, self.stack) = (plan, stack)
        stack.newTable()
        values = stack.makeReference()
        let limit = plan.limit
        unsafe seconds = limit.flatMap { unsafe strdup($0.seconds) }
        unsafe state.reducers = plan.makeReducers()
        unsafe state.has_keys = plan.hasKeys
        unsafe state.lift = plan.liftsLate && plan.lift != .nothing ? Int32(plan.lifting) : 0
        unsafe state.nanoseconds = Int64(limit?.nanoseconds ?? 0)
        unsafe state.seconds = UnsafePointer(seconds)
        unsafe (state.start, state.end) = (1, UInt64.max)
    }

    deinit {
        unsafe withUnsafePointer(to: state) { unsafe pmap_reduction_free($0) }
        unsafe free(seconds)
        stack.releaseReference(values)
    }

    /// Others than these items may come before and behind.
    package mutating func limit(to items: Range<Int>) {
        unsafe (state.start, state.end) = (UInt64(items.lowerBound), UInt64(items.upperBound))
    }

    /// Forgets all that is here. Items before `first` may come before what is added from now on.
    package mutating func clear(first: Int = 1) {
        unsafe pmap_reduction_clear(&state)
        unsafe state.start = UInt64(first)
        stack.releaseReference(values)
        stack.newTable()
        values = stack.makeReference()
    }

    // MARK: Joining

    /// Joins the partials at the beginning of a range of bytes; answers how many bytes were complete, or fitted.
    @discardableResult
    package mutating func add(
        _ buffer: borrowing ByteBuffer, _ range: Range<Int>, _ decoder: inout Decoder
    ) throws(JoinError) -> Int {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[range])
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return 0 }
        unsafe (state.next, state.bytes_end) = (start, start + bytes.count)
        let handler = pushTables()
        defer { stack.top = handler - 1 }
        while true {
            try check(unsafe pmap_reduce(stack.thread, handler + 1, handler, &state))
            if unsafe state.first == 0 { return unsafe state.next - start }
            let head = unsafe UnsafeRawBufferPointer(start: state.next, count: Partial.headSize)
            let length = unsafe Int(head.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            let value = unsafe UnsafeRawBufferPointer(start: state.next + Partial.headSize, count: length)
            do throws(DecodeError) { _ = unsafe try decoder.decode(value, onto: stack) } catch {
                throw JoinError(message: error.description)
            }
            try check(unsafe pmap_reduce_value(stack.thread, handler + 1, handler, &state))
            unsafe state.next += Partial.headSize + length
        }
    }

    /// Joins what no other item can come between any more.
    package mutating func joinRest() throws(JoinError) {
        let handler = pushTables()
        defer { stack.top = handler - 1 }
        try check(unsafe pmap_reduce_rest(stack.thread, handler + 1, handler, &state))
    }

    /// Stack: → handler, table of values, function; answers where the first one is
    private func pushTables() -> Int32 {
        stack.pushHandler()
        stack.rawGet(Stack.registry, at: values)
        stack.rawGet(Stack.registry, at: plan.join)
        return stack.top - 2
    }

    private mutating func check(_ status: Int32) throws(JoinError) {
        if status == LUA_OK { return }
        let error = stack.popError(status: status)
        let (left, right) = unsafe (state.left, state.right)
        if left.first == 0 { throw JoinError(error: error) }
        throw JoinError(
            error: error,
            items: JoinedItems(left: Int(left.first)...Int(left.last), right: Int(right.first)...Int(right.last)),
            key: plan.hasKeys ? keyName(unsafe Int(state.key) - 1) : nil)
    }

    // MARK: As partials

    /// Appends what there is as partials, those of lower items first.
    package mutating func append(to buffer: inout ByteBuffer, _ encoder: inout Encoder) throws(EncodeError) {
        var live: [(node: Int, first: UInt64)] = []
        let used = unsafe Int(state.used)
        for node in 1..<used + 1 {
            let first = unsafe state.nodes[node].first
            if first > 0 { live.append((node, first)) }
        }
        live.sort { $0.first < $1.first }
        for (node, _) in live { try append(node, to: &buffer, &encoder) }
    }

    /// Appends the partials of one of the keys, from 0, those of lower items first.
    package mutating func append(
        key place: Int, to buffer: inout ByteBuffer, _ encoder: inout Encoder
    ) throws(EncodeError) {
        var nodes: [Int] = []
        var node = unsafe Int(state.keys[place + 1].top)
        while node != 0 {
            nodes.append(node)
            node = unsafe Int(state.nodes[node].below)
        }
        for node in nodes.reversed() { try append(node, keyed: place + 1, to: &buffer, &encoder) }
    }

    /// Keys that were sorted have other places than their nodes know.
    private mutating func append(
        _ node: Int, keyed key: Int? = nil, to buffer: inout ByteBuffer, _ encoder: inout Encoder
    ) throws(EncodeError) {
        let height = stack.top
        defer { stack.top = height }
        let start = buffer.count
        buffer.append(native: unsafe state.nodes[node].first)
        buffer.append(native: unsafe state.nodes[node].last)
        buffer.append(native: UInt64(0))
        if plan.hasKeys {
            buffer.append(Partial.pair)
            let key = unsafe state.keys[key ?? Int(state.nodes[node].key)]
            unsafe buffer.append(UnsafeRawBufferPointer(start: state.text + key.start, count: Int(key.length)))
        }
        if plan.reducers.isEmpty {
            push(UInt32(node))
            try encoder.encodeNext(-1, of: stack, into: &buffer, root: "the joined value")
        } else {
            unsafe buffer.append(upTo: Int(pmap_most_states_bytes)) { memory in
                let start = unsafe memory.assumingMemoryBound(to: UInt8.self)
                return unsafe pmap_put_node(&state, UInt32(node), start) - start
            }
        }
        buffer.store(UInt64(buffer.count - start - Partial.headSize), at: start + 16)
    }

    // MARK: What does not fit memory

    /// From so many bytes on it is full, once no item can come that is older than the newest one here.
    package mutating func limit(toBytes most: Int) {
        unsafe state.most_bytes = most
        unsafe state.heap = stack.heapSize
    }

    /// Nothing more is added until it is cleared, or takes less.
    package var isFull: Bool { unsafe state.is_full }

    /// The bytes that are taken, without garbage.
    package mutating func measure() -> Int {
        stack.collectGarbage()
        return unsafe pmap_reduction_size(stack.thread, &state)
    }

    /// The newest item that is here.
    package var newest: Int { unsafe Int(state.newest) }

    // MARK: The total

    /// Stack: → the one value that all have come to, or nil
    package mutating func pushTotal() { push(unsafe state.top) }

    package var keyCount: Int { unsafe Int(state.key_count) }

    /// Puts the keys in their order, after which nothing can be added.
    package mutating func sortKeys() { unsafe pmap_sort_keys(&state) }

    /// Stack: → one of the keys, from 0
    package mutating func pushKey(_ place: Int) {
        unsafe pmap_push_joined_key(stack.thread, &state, UInt32(place + 1))
    }

    /// Stack: → the value of one of the keys, from 0
    package mutating func pushValue(_ place: Int) { push(unsafe state.keys[place + 1].top) }

    /// For messages.
    package mutating func keyName(_ place: Int) -> String {
        pushKey(place)
        defer { stack.pop() }
        if stack.type(-1) == .boolean { return "\(stack.boolean(-1))" }
        _ = unsafe stack.bytes(-1)  // a number becomes its string
        let name = stack.byteString(-1)?.text.escapedName ?? ""
        return name.isEmpty ? "''" : name
    }

    /// Stack: → the value of a node
    private mutating func push(_ node: UInt32) {
        stack.rawGet(Stack.registry, at: values)
        unsafe pmap_push_node(stack.thread, stack.top, &state, node)
        stack.remove(-2)
    }
}

/// The bytes of a partial; see reduce.h.
package enum Partial {
    package static let headSize = Int(pmap_partial_head)
    /// The head of a list of key and value.
    package static let pair: UInt8 = 0x92

    /// Where the partial ends that begins at `offset`; nil when it is not complete.
    package static func end(in buffer: borrowing ByteBuffer, at offset: Int) -> Int? {
        guard offset + headSize <= buffer.count else { return nil }
        let end = offset + headSize + Int(buffer.load(UInt64.self, at: offset + 16))
        return end <= buffer.count ? end : nil
    }

    /// The key of the partial that begins at `offset`, which is complete.
    package static func key(in buffer: borrowing ByteBuffer, at offset: Int) -> Range<Int> {
        let start = offset + headSize
        let value = unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[start...])
        let length = unsafe value.withMemoryRebound(to: UInt8.self) { unsafe pmap_key_length($0.baseAddress, $0.count) }
        return start + 1..<start + 1 + length
    }

    /// Less than 0 where the left one of two keys is first, 0 where they are the same.
    package static func order(
        _ left: borrowing ByteBuffer, _ leftKey: Range<Int>, _ right: borrowing ByteBuffer, _ rightKey: Range<Int>
    ) -> Int {
        let left = unsafe (left.base + leftKey.lowerBound).assumingMemoryBound(to: UInt8.self)
        let right = unsafe (right.base + rightKey.lowerBound).assumingMemoryBound(to: UInt8.self)
        return unsafe Int(pmap_compare_keys(left, leftKey.count, right, rightKey.count))
    }

    /// Gives the partials of one item, as a worker wrote them, the number that it has now.
    package static func renumber(_ bytes: [UInt8], item: Int) -> [UInt8] {
        var buffer = ByteBuffer(capacity: bytes.count)
        buffer.append(bytes)
        var offset = 0
        while offset + headSize <= buffer.count {
            buffer.store(UInt64(item), at: offset)
            buffer.store(UInt64(item), at: offset + 8)
            offset += headSize + Int(buffer.load(UInt64.self, at: offset + 16))
        }
        return buffer.array
    }
}

/// Results as partials.
@safe package struct PartialWriter: ~Copyable {
    private let plan: JoinPlan
    private var encoder: Encoder
    private let context: UnsafeMutablePointer<pmap_partial_writer>

    package init(_ plan: JoinPlan, _ stack: Stack) {
        self.plan = plan
        encoder = Encoder(stack)
        unsafe context = .allocate(capacity: 1)
        let lift =
            switch plan.liftsLate ? .nothing : plan.lift {
            case .nothing: PMAP_LIFT_NOTHING
            case .number: PMAP_LIFT_NUMBER
            case .one: PMAP_LIFT_ONE
            case .call: PMAP_LIFT_CALL
            }
        unsafe context.initialize(
            to: pmap_partial_writer(
                lift: lift, function: Int32(plan.lifting), has_keys: plan.hasKeys, reducers: plan.makeReducers()))
    }

    deinit { unsafe context.deallocate() }

    /// Valid as long as this.
    package var fastPath: FastPath.Writer? {
        plan.liftsLate
            ? nil : unsafe FastPath.Writer(pmap_append_partial, parts: pmap_append_parts_partial, context: context)
    }

    /// Appends the `count` values from `first` on as a partial of `item`; after an error the buffer is as it was, as the stack
    /// always is. Several values are a list.
    package mutating func append(
        _ count: Int32, from first: Int32, of stack: Stack, item: Int, to buffer: inout ByteBuffer
    ) throws(LuaError) {
        let (start, height) = (buffer.count, stack.top)
        defer { stack.top = height }
        var (first, count) = (stack.absolute(first), count)
        buffer.append(native: UInt64(item))
        buffer.append(native: UInt64(item))
        buffer.append(native: UInt64(0))
        do throws(LuaError) {
            if plan.hasKeys {
                try checkKey(first, of: stack)
                buffer.append(Partial.pair)
                try encode(first, of: stack, "the key", &buffer)
                first += 1
                count -= 1
                if count == 0 && plan.lift != .one {
                    throw LuaError(message: "the record has a key and no value; return key, value")
                }
            }
            pushValue(count, from: first, of: stack)
            let value = stack.top
            if plan.lift != .nothing { try lift(on: stack) }
            try encode(plan.liftsLate ? value : stack.top, of: stack, "result", &buffer)
        } catch {
            buffer.truncate(to: start)
            throw error
        }
        buffer.store(UInt64(buffer.count - start - Partial.headSize), at: start + 16)
    }

    /// Whether values since the last call had functions with their code.
    package mutating func takeCode() -> Bool {
        defer { encoder.hasCode = false }
        return encoder.hasCode
    }

    private mutating func encode(_ index: Int32, of stack: Stack, _ root: String, _ buffer: inout ByteBuffer)
        throws(LuaError)
    {
        do throws(EncodeError) { try encoder.encodeNext(index, of: stack, into: &buffer, root: root) } catch {
            throw LuaError(message: error.description)
        }
    }

    private func checkKey(_ index: Int32, of stack: Stack) throws(LuaError) {
        switch stack.type(index) {
        case .string, .boolean: return
        case .number where !stack.number(index).isNaN: return
        case .number: throw LuaError(message: "a key is not nan")
        case _ where stack.isNull(index): throw LuaError(message: "a key is a string, a number or a boolean, not null")
        case let other: throw LuaError(message: "a key is a string, a number or a boolean, not \(other)")
        }
    }

    /// Stack: → the value; a list of several
    private func pushValue(_ count: Int32, from first: Int32, of stack: Stack) {
        switch count {
        case 0: stack.pushNil()
        case 1: stack.copy(first)
        default:
            stack.newTable(list: count)
            for place in 0..<count {
                if stack.type(first + place) == .nil { stack.pushNull() } else { stack.copy(first + place) }
                stack.rawSet(-2, at: Int(place) + 1)
            }
        }
    }

    /// Stack: value → value, what it is joined as
    private func lift(on stack: Stack) throws(LuaError) {
        stack.rawGet(Stack.registry, at: plan.lifting)
        stack.copy(-2)
        let height = stack.top - 2
        try stack.call(arguments: 1, results: Stack.all)
        if stack.type(height + 1) == .nil, stack.type(height + 2) == .string, let why = stack.string(height + 2) {
            throw LuaError(message: why)
        }
        if stack.top == height || stack.type(height + 1) == .nil {
            throw LuaError(message: "lift has returned nil; return what is to be joined")
        }
        if stack.top > height + 1 {
            throw LuaError(message: "lift has returned \(stack.top - height) values; return a list of them")
        }
    }
}
