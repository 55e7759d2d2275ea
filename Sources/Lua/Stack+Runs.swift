// Record after record through the task, in C; see item.h.

import CLua
import CLuaBridge
package import Wire

/// Items that are run one after the other.
@safe package struct ItemRun {
    package enum End {
        case done, stopped, missing
        /// The outbox wants to be sent.
        case full
        /// An item was begun, and this is its record: C does not read it.
        case record(Record)
        /// The task has answered something rare, which is on the stack: for this record.
        case answer(Answer, Record)
    }

    /// Bytes that are valid as long as the memory they lie in.
    @safe package struct Record {
        package let memory: UnsafeRawBufferPointer
    }

    /// The records that are left, and the byte that ends each.
    package var rest: UnsafeRawBufferPointer
    package let terminator: UInt8
    package let outputTerminator: UInt8
    /// The number of the next item, and that of the one behind the last.
    package var next: Int
    package let end: Int

    package init(_ rest: UnsafeRawBufferPointer, terminator: UInt8, outputTerminator: UInt8, items: Range<Int>) {
        unsafe self.rest = rest
        self.terminator = terminator
        self.outputTerminator = outputTerminator
        next = items.lowerBound
        end = items.upperBound
    }
}

extension Stack {
    /// Runs items until something is to be looked at. Stack: `base` values, others… → `base` values, results…
    package func run(
        _ run: inout ItemRun, _ way: ItemWay, base: Int32, task: Int32, handler: Int32, in room: inout OutboxCursor
    ) -> ItemRun.End {
        var items = unsafe pmap_items(run, way, room)
        let answer = unsafe pmap_run_items(thread, base, task, handler, &items)
        unsafe run.rest = UnsafeRawBufferPointer(
            start: items.next, count: items.next.map { unsafe items.end - $0 } ?? 0)
        unsafe run.next = Int(items.item)
        unsafe room.used = items.room.next - items.output
        unsafe (room.finished, room.begun) = (Int(items.finished), items.begun)
        let record = unsafe ItemRun.Record(memory: UnsafeRawBufferPointer(start: items.record, count: items.length))
        switch unsafe items.reason {
        case PMAP_ITEMS_DONE: return .done
        case PMAP_ITEMS_STOPPED: return .stopped
        case PMAP_ITEMS_FULL: return .full
        case PMAP_ITEMS_MISSING: return .missing
        case PMAP_ITEMS_RECORD: return .record(record)
        default: return unsafe .answer(Answer(answer), record)
        }
    }
}

extension pmap_items {
    fileprivate init(_ run: ItemRun, _ way: ItemWay, _ room: OutboxCursor) {
        unsafe self.init()
        unsafe next = run.rest.baseAddress?.assumingMemoryBound(to: CChar.self)
        unsafe end = next.map { unsafe $0 + run.rest.count }
        unsafe (terminator, output_terminator) =
            (CChar(bitPattern: run.terminator), CChar(bitPattern: run.outputTerminator))
        unsafe (items, item) = (Int64(run.end - run.next), UInt64(run.next))
        unsafe (push, reader) = (way.reading.push, way.reading.context)
        unsafe (append, append_table, writer) = (way.writing.append, way.writing.table, way.writing.context)
        unsafe is_filter = way.isFilter
        let start = unsafe room.output.assumingMemoryBound(to: CChar.self)
        unsafe (output, enough) = (start, room.flushSize)
        unsafe self.room = pmap_room(next: start + room.used, end: start + room.capacity)
        unsafe (finished, begun) = (UInt64(room.finished), room.begun)
        unsafe (current, committed) = (room.word(.current), room.word(.committed))
        unsafe barrier = UnsafePointer(room.word(.barrier))
    }
}

extension OutboxCursor {
    fileprivate func word(_ word: StatusWords.Word) -> UnsafeMutablePointer<UInt64> {
        let address = unsafe UnsafeMutableRawPointer(mutating: status.address(of: word))
        return unsafe address.assumingMemoryBound(to: UInt64.self)
    }
}
