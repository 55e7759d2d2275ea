// The worker of a pool: it calls the function for each item of a task, and writes the result into shared memory before the
// next item begins.

import Bytes
import Lua
import Posix

/// The item loop of one worker.
struct PoolWorker {
    private let core: CoreModule
    private let tree: ProcessTree
    private let stack: Stack
    private let results: Int
    private let handler: Int32

    init(_ core: CoreModule, _ tree: ProcessTree, _ stack: Stack, results: Int, handler: Int32) {
        self.core = core
        self.tree = tree
        self.stack = stack
        self.results = results
        self.handler = handler
        core.recordHoldings()
    }

    /// The most bytes of a message of results; pages that are not touched cost no memory.
    private static let capacity = 4 << 20

    func run(_ task: PoolTask) throws(LuaError) {
        let height = stack.top
        defer { stack.top = height }
        let items = task.items()
        let capacity = min(PoolWorker.capacity, 4096 + 2 * items.count + 64 * task[.count])
        do throws(LuaError) {
            try core.pushFunction(of: task, tree, stack)
        } catch {
            // Every item fails for the same reason, and the worker goes on.
            stack.push(function: { _ throws(LuaError) in throw error })
        }
        try core.withCodecs { encoder, decoder throws(LuaError) in
            var output = try begin(task, at: task[.first], capacity)
            var offset = 0, first = task[.first]
            for _ in 0..<task[.skipped] {
                try decode(items, &offset, &decoder)
                stack.pop()
            }
            var place = task[.first]
            stack.beginCall(seed: UInt64(bitPattern: Int64(task[.seed])))
            let function = stack.top, last = place + task[.count] - 1
            while true {
                // A starred item is a list.
                let progress = output.progress(of: task, first: first)
                let end =
                    try task[.isStarred] != 0
                    ? TaskLoopEnd.item
                    : run(
                        function, of: task, items, &offset, &place, last, &encoder, into: &output.buffer, progress)
                if place > last { break }
                let mark = output.buffer.count
                var hasReturned = end == .results
                if end == .item {
                    task[.begun] = place - task[.first] + 1
                    stack.beginItem(number: place)
                    hasReturned = try call(
                        items, &offset, of: task, at: place, &encoder, &decoder, into: &output.buffer)
                }
                if end == .failure { try appendFailure(&encoder, into: &output.buffer) }
                core.endItem(hasReturned: hasReturned)
                let returned: Returned = !hasReturned ? .nothing : gather(above: function) ? .several : .one
                if let own = try write(returned, &encoder, into: &output, from: mark, of: task, at: place) {
                    output = try send(output, own, place: place, of: task, capacity)
                    first = place + 1
                } else {
                    output.commit(count: place - first + 1)
                }
                stack.top = function
                place += 1
            }
            tree.publish(output, of: task, into: results)
        }
    }

    /// Runs items in the fast path, up to one that needs something else.
    private func run(
        _ function: Int32, of task: PoolTask, _ items: borrowing ByteBuffer, _ offset: inout Int, _ place: inout Int,
        _ last: Int, _ encoder: inout Encoder, into output: inout ByteBuffer, _ progress: TaskProgress
    ) throws(LuaError) -> TaskLoopEnd {
        do throws(EncodeError) {
            return try stack.runTask(
                function, results: task.results, handler: handler, items, at: &offset, item: &place, last: last,
                into: &output, progress, with: &encoder)
        } catch {
            throw LuaError(message: error.description)
        }
    }

    private func begin(_ task: PoolTask, at place: Int, _ capacity: Int) throws(LuaError) -> PoolResults {
        try orRaise { () throws(TreeError) in try tree.beginResults(of: task, first: place, capacity: capacity) }
    }

    private func results(of task: PoolTask, at place: Int, capacity: Int) throws(LuaError) -> PoolResults {
        try orRaise { () throws(TreeError) in
            try tree.makeResults(job: task[.job], first: place, capacity: capacity)
        }
    }

    /// The result of a call on top of the stack.
    private enum Returned {
        case nothing, one
        /// A list of them.
        case several
    }

    /// Appends the result on top of the stack, unless a failure stands from `mark` on already. A result that does not
    /// fit is answered as a message of its own.
    private func write(
        _ returned: Returned, _ encoder: inout Encoder, into output: inout PoolResults, from mark: Int,
        of task: PoolTask, at place: Int
    ) throws(LuaError) -> PoolResults? {
        if returned == .one, isLong(stack.top) {
            // It is encoded in the message that it is sent in.
            var own = try results(of: task, at: place, capacity: stack.rawCount(stack.top) + 16)
            try append(&encoder, into: &own.buffer)
            return own
        }
        if returned != .nothing { try append(&encoder, into: &output.buffer, isSeveral: returned == .several) }
        let handles = core.takeHandles()
        if !output.buffer.isOwned {
            try attach(handles, to: output.message)
            return nil
        }
        var own = try results(of: task, at: place, capacity: output.buffer.count - mark)
        try attach(handles, to: own.message)
        own.buffer.append(output.buffer, from: mark)
        return own
    }

    private func attach(_ handles: Set<Int>, to message: Int) throws(LuaError) {
        try orRaise { () throws(TreeError) in try tree.attach(handles, to: message) }
    }

    private func isLong(_ index: Int32) -> Bool {
        stack.type(index) == .string && stack.rawCount(index) > CoreModule.direct
    }

    /// Sends what was committed, then the one result in a message of its own, and goes on with an empty message.
    private func send(
        _ output: consuming PoolResults, _ own: consuming PoolResults, place: Int, of task: PoolTask, _ capacity: Int
    ) throws(LuaError) -> PoolResults {
        own.commit(count: 1)
        tree.publish(output, followedBy: own, of: task, into: results)
        return try begin(task, at: place + 1, capacity)
    }

    /// Stack: function, results… → function, result: nil for none, and true with a list of them and their number in `n`
    /// for several
    private func gather(above function: Int32) -> Bool {
        let count = stack.top - function
        if count == 0 { stack.pushNil() }
        guard count > 1, stack.reserve(4) else { return false }
        stack.newTable(list: count, keys: 1)
        stack.insert(at: function + 1)
        for place in stride(from: count, to: 0, by: -1) { stack.rawSet(function + 1, at: Int(place)) }
        stack.push(Int64(count))
        stack.rawSet(function + 1, field: "n")
        return true
    }

    /// Stack: function → function, results…; or → function, …, and false when it has failed and that was appended.
    private func call(
        _ items: borrowing ByteBuffer, _ offset: inout Int, of task: PoolTask, at place: Int, _ encoder: inout Encoder,
        _ decoder: inout Decoder, into output: inout ByteBuffer
    ) throws(LuaError) -> Bool {
        stack.copy(stack.top)
        do throws(LuaError) { try decode(items, &offset, &decoder) } catch {
            try appendFailure(kind: "unsendable", error.message, &encoder, into: &output)
            return false
        }
        let arguments = task[.isStarred] != 0 ? unpack(place) : 1
        if stack.tryCall(arguments: arguments, results: task.results, handler: handler) { return true }
        try appendFailure(&encoder, into: &output)
        return false
    }

    /// Appends the result on top of the stack, or the failure that it cannot be sent.
    private func append(
        _ encoder: inout Encoder, into output: inout ByteBuffer, isSeveral: Bool = false
    ) throws(LuaError) {
        let mark = output.count
        if isSeveral {
            output.append(ResultWords.failureMark)
            output.append(ResultWords.severalMark)
        }
        do throws(EncodeError) {
            try encoder.encodeNext(stack.top, of: stack, into: &output, root: "result")
        } catch {
            output.truncate(to: mark)
            try appendFailure(kind: "unsendable", error.description, &encoder, into: &output)
        }
    }

    private func decode(
        _ items: borrowing ByteBuffer, _ offset: inout Int, _ decoder: inout Decoder
    ) throws(LuaError) {
        do throws(DecodeError) { try decoder.decodeNext(items, at: &offset, onto: stack) } catch {
            throw LuaError(message: "cannot receive the item: \(error)")
        }
    }

    /// Stack: function, list of arguments, with their number in `n` if that is more → function, arguments…
    private func unpack(_ place: Int) -> Int32 {
        let list = stack.top, type = stack.type(list)
        guard type == .table else {
            return refuse(list, "starmap: item \(place) is a \(type), not a list of arguments")
        }
        stack.rawGet(list, field: "n")
        let count = max(0, stack.integer(-1).map(Int.init) ?? stack.rawCount(list))
        stack.pop()
        guard let size = Int32(exactly: count), size < Int32.max - 8, stack.reserve(size + 8) else {
            return refuse(list, "too many arguments: \(count)")
        }
        for place in 0..<count { stack.rawGet(list, at: place + 1) }
        stack.remove(list)
        return Int32(count)
    }

    /// Stack: function, list of arguments → a function of none that fails
    private func refuse(_ list: Int32, _ message: String) -> Int32 {
        stack.top = list - 2
        stack.push(function: { _ throws(LuaError) in throw LuaError(message: message) })
        return 0
    }

    // MARK: Failures

    /// Appends the error object on top of the stack; without its value if that cannot be sent.
    private func appendFailure(_ encoder: inout Encoder, into output: inout ByteBuffer) throws(LuaError) {
        let mark = output.count
        guard stack.type(-1) == .table else {
            let message = stack.string(-1) ?? "not enough memory"
            return try appendFailure(kind: "error", message, &encoder, into: &output)
        }
        output.append(ResultWords.failureMark)
        do throws(EncodeError) { try encoder.encodeNext(stack.top, of: stack, into: &output, root: "error") } catch {
            output.truncate(to: mark)
            stack.rawGet(-1, field: "message")
            let message = stack.string(-1) ?? ""
            stack.rawGet(-2, field: "traceback")
            let traceback = stack.string(-1)
            try appendFailure(kind: "error", message, traceback: traceback, &encoder, into: &output)
        }
    }

    private func appendFailure(
        kind: String, _ message: String, traceback: String? = nil, _ encoder: inout Encoder,
        into output: inout ByteBuffer
    ) throws(LuaError) {
        output.append(ResultWords.failureMark)
        stack.newTable(keys: 3)
        for (name, text) in [("kind", kind), ("message", message), ("traceback", traceback)] {
            guard let text else { continue }
            stack.push(text)
            stack.rawSet(-2, field: name)
        }
        do throws(EncodeError) { try encoder.encode(stack.top, of: stack, into: &output, root: "error") } catch {
            throw LuaError(message: error.description)
        }
        stack.pop()
    }
}
