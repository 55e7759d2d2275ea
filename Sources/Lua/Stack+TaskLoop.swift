// The loop of a pool's worker: it calls the pool's function with one item after the other, in C while C can read the
// items and write the results. See values.h.

package import Bytes
import CLua
import CLuaBridge

/// Why the loop has stopped.
package enum TaskLoopEnd {
    /// The next item is to be decoded in Swift, or there is none. Stack: → (nothing)
    case item
    /// The results are to be encoded in Swift. Stack: → results…
    case results
    /// The call failed. Stack: → what the handler made of the error
    case failure
}

/// Where the loop stores its progress: addresses of words in shared memory, and the items from which they count.
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
    /// Calls the function at `function` with the items from `offset` on, up to the one with the number `last`, while C
    /// can read them and write the results, which it appends to `output`; the memory of that does not move.
    ///
    /// `item` and `offset` become those of the item that is left to the caller: the one whose results or failure are on
    /// the stack, or the next one.
    package func runTask(
        _ function: Int32, results: Int32, handler: Int32, _ items: borrowing ByteBuffer, at offset: inout Int,
        item: inout Int, last: Int, into output: inout ByteBuffer, _ progress: TaskProgress, with encoder: inout Encoder
    ) throws(EncodeError) -> TaskLoopEnd {
        try encoder.prepareToPack(from: self)
        let bytes = unsafe items.bytes
        guard let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .item }
        var loop = unsafe pmap_task_loop()
        unsafe (loop.next, loop.end) = (start + offset, start + bytes.count)
        unsafe (loop.item, loop.last) = (Int64(item), Int64(last))
        unsafe loop.output = output.base.assumingMemoryBound(to: UInt8.self)
        unsafe loop.begun = UnsafeMutablePointer(bitPattern: progress.begun)
        unsafe loop.count = UnsafeMutablePointer(bitPattern: progress.count)
        unsafe loop.bytes = UnsafeMutablePointer(bitPattern: progress.bytes)
        unsafe (loop.task_first, loop.results_first) = (Int64(progress.taskFirst), Int64(progress.resultsFirst))
        unsafe loop.results = results
        var status = LUA_OK
        unsafe encoder.pack(into: &output) { packer in
            unsafe withUnsafeMutablePointer(to: &packer) { packer in
                unsafe loop.packer = packer
                status = unsafe pmap_run_task_loop(thread, function, handler, &loop)
            }
            return true
        }
        offset = unsafe loop.next - start
        item = unsafe Int(loop.item)
        if status != LUA_OK, unsafe loop.is_called { return .failure }
        if status != LUA_OK { pop() }  // no memory for the item: it is read once more, in Swift
        return unsafe loop.is_called ? .results : .item
    }

    /// Before a module is loaded: tables may get a name, so the loop leaves the next results to the encoder.
    package func countModuleLoad() { pmap_count_load() }
}
