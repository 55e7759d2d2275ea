// The loop of items through the task, in C; see item.h.

import CLua
import CLuaBridge
package import Wire

/// Items that are run in one loop.
@safe package struct ItemLoop {
    package enum End {
        case done, stopped, missing
        /// The outbox is to be sent.
        case full
        /// The item of this record was begun: C does not read the record.
        case record(Record)
        /// The results for this record are on the stack: C does not write them.
        case result(TaskResult, Record)
    }

    /// Bytes that are valid as long as their memory.
    @safe package struct Record {
        package let memory: UnsafeRawBufferPointer
    }

    /// The records that are left, and the byte that ends each.
    package var rest: UnsafeRawBufferPointer
    package let terminator: UInt8
    package let outputTerminator: UInt8?
    /// The number of the next item, and that of the one after the last.
    package var next: Int
    package let end: Int

    package init(_ rest: UnsafeRawBufferPointer, terminator: UInt8, outputTerminator: UInt8?, items: Range<Int>) {
        unsafe self.rest = rest
        self.terminator = terminator
        self.outputTerminator = outputTerminator
        next = items.lowerBound
        end = items.upperBound
    }
}

extension Stack {
    /// Runs the loop until Swift has something to do. Stack: `base` values, others… → `base` values, results…
    package func run(
        _ loop: inout ItemLoop, _ path: FastPath, base: Int32, task: Int32, handler: Int32,
        in cursor: inout OutboxCursor
    ) -> ItemLoop.End {
        var items = unsafe pmap_item_loop(loop, path, cursor)
        let result = unsafe pmap_run_item_loop(thread, base, task, handler, &items)
        unsafe loop.rest = UnsafeRawBufferPointer(
            start: items.next, count: items.next.map { unsafe items.end - $0 } ?? 0)
        unsafe loop.next = Int(items.item)
        unsafe cursor.used = items.cursor.next - items.output
        unsafe (cursor.finished, cursor.begun) = (Int(items.finished), items.begun)
        let record = unsafe ItemLoop.Record(memory: UnsafeRawBufferPointer(start: items.record, count: items.length))
        switch unsafe items.end_reason {
        case PMAP_LOOP_DONE: return .done
        case PMAP_LOOP_STOPPED: return .stopped
        case PMAP_LOOP_FULL: return .full
        case PMAP_LOOP_MISSING: return .missing
        case PMAP_LOOP_RECORD: return .record(record)
        default: return unsafe .result(TaskResult(result), record)
        }
    }
}

extension pmap_item_loop {
    fileprivate init(_ loop: ItemLoop, _ path: FastPath, _ position: OutboxCursor) {
        unsafe self.init()
        unsafe next = loop.rest.baseAddress?.assumingMemoryBound(to: CChar.self)
        unsafe end = next.map { unsafe $0 + loop.rest.count }
        unsafe terminator = CChar(bitPattern: loop.terminator)
        unsafe has_terminator = loop.outputTerminator != nil
        unsafe output_terminator = CChar(bitPattern: loop.outputTerminator ?? 0)
        unsafe (items, item) = (Int64(loop.end - loop.next), UInt64(loop.next))
        unsafe (push, select, reader) = (path.reader.push, path.reader.select, path.reader.context)
        unsafe (find_item, framing, keeps_end) = (path.reader.find, path.reader.framing, path.reader.keepsEnd)
        unsafe (find_parts, append_parts) = (path.reader.findParts, path.isFilter ? nil : path.writer.parts)
        unsafe (append, append_table, writer) = (path.writer.append, path.writer.table, path.writer.context)
        unsafe (is_filter, passes_records) = (path.isFilter, path.passesRecords)
        let start = unsafe position.output.assumingMemoryBound(to: CChar.self)
        unsafe (output, flush_size) = (start, position.flushSize)
        unsafe cursor = pmap_cursor(next: start + position.used, end: start + position.capacity)
        unsafe (finished, begun) = (UInt64(position.finished), position.begun)
        unsafe (is_timed, status) = (position.isTimed, position.status.words)
    }
}
