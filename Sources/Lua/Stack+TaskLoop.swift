// A pool's items through its function, in C as long as it can read them and write the answers.

import CLua
import CLuaBridge
package import Wire

/// What a run of items through a function has ended with.
package enum TaskRunEnd {
    /// The next item is to be decoded in Swift, or there is none. Stack: → (nothing)
    case item
    /// The answer is to be encoded in Swift. Stack: → results…
    case answer
    /// It failed. Stack: → what the handler made of the error
    case failure
}

/// Where a run of items tells how far it is: addresses of words in shared memory, and from where they count.
package struct TaskProgress {
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
    /// A module is about to be loaded: tables may come to be known by a name.
    package func noteLoad() { pmap_note_load() }
}

/// What is to be done at the next step of Lua, when a signal's handler says so.
@safe package enum LuaStep {
    /// For a signal's handler.
    package static let ask: @convention(c) () -> Void = { pmap_step() }

    /// From now on `answer` is called then. It may read the stack, and raises nothing.
    package static func answer(_ stack: Stack, _ answer: @escaping () -> Void) {
        final class Answer {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }
        let answer = unsafe Unmanaged.passRetained(Answer(answer)).toOpaque()
        unsafe pmap_at_step(
            stack.thread,
            { answer in
                if let answer = unsafe answer {
                    unsafe Unmanaged<Answer>.fromOpaque(answer).takeUnretainedValue().body()
                }
            }, answer)
    }
}

/// Locks that the task which runs has taken and not given back, as far as this process knows.
package enum TaskHoldings {
    package static func note(_ more: Int) { pmap_note_holdings(Int64(more)) }
    /// Whether there may be some; the next task begins without.
    package static func take() -> Bool { pmap_take_holdings() != 0 }
}

extension Encoder {
    /// Calls the function at `function`, which is asked for so many results, with items from `offset` on, up to the one at `last`, while C can read them and
    /// write the answers, and appends these to `output`, which does not move. `place` and `offset` become those of what is
    /// to be looked at: the item whose answer or failure is on the stack, or the next one.
    package mutating func run(
        _ function: Int32, of stack: Stack, results: Int32, handler: Int32, _ items: borrowing WireBuffer,
        at offset: inout Int, place: inout Int, last: Int, into output: inout WireBuffer, _ progress: TaskProgress
    ) throws(EncodeError) -> TaskRunEnd {
        self.stack = stack
        try refreshNames()
        let bytes = unsafe items.bytes
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .item }
        var run = unsafe pmap_task_run()
        unsafe (run.next, run.end) = (start + offset, start + bytes.count)
        unsafe (run.place, run.last) = (Int64(place), Int64(last))
        unsafe run.output = output.base.assumingMemoryBound(to: UInt8.self)
        unsafe run.begun = UnsafeMutablePointer(bitPattern: progress.begun)
        unsafe run.count = UnsafeMutablePointer(bitPattern: progress.count)
        unsafe run.bytes = UnsafeMutablePointer(bitPattern: progress.bytes)
        unsafe (run.task_first, run.results_first) = (Int64(progress.taskFirst), Int64(progress.resultsFirst))
        unsafe run.results = results
        var status = LUA_OK
        unsafe pack(into: &output) { packer in
            unsafe withUnsafeMutablePointer(to: &packer) { packer in
                unsafe run.packer = packer
                status = unsafe pmap_run_task(stack.thread, function, handler, &run)
            }
            return true
        }
        offset = unsafe run.next - start
        place = unsafe Int(run.place)
        if status != LUA_OK, unsafe run.is_called { return .failure }
        if status != LUA_OK { stack.pop() }  // no memory for the item: it is read once more, here
        return unsafe run.is_called ? .answer : .item
    }
}

extension Stack {
    /// All results of a call, instead of a number of them.
    package static let all = LUA_MULTRET

    /// Stack: function, arguments… → results…, or → what the handler at `handler` made of the error, and false.
    package func tryCall(arguments: Int32, results: Int32, handler: Int32) -> Bool {
        unsafe pmap_call_handled(thread, arguments, results, handler) == LUA_OK
    }
}
