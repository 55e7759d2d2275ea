// Line after line through the task, in C; see item.h.

import CLua
import CLuaBridge
package import Wire

/// Lines that are run one after the other.
@safe package struct LineRun {
    package enum End {
        case done, stopped, missing
        /// The outbox wants to be sent.
        case full
        /// The task has answered something else than a line, which is on the stack: for this line.
        case answer(Answer, Line)
    }

    /// A line, valid as long as the memory it lies in.
    @safe package struct Line {
        package let bytes: UnsafeRawBufferPointer
    }

    /// The lines that are left, and the byte that ends each.
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
    /// Runs lines until something is to be looked at. Stack: `base` values, others… → `base` values, results…
    package func run(
        _ run: inout LineRun, base: Int32, task: Int32, handler: Int32, in room: inout OutboxRoom
    ) -> LineRun.End {
        let start = unsafe run.rest.baseAddress?.assumingMemoryBound(to: CChar.self)
        var lines = unsafe pmap_lines()
        unsafe lines.next = start
        unsafe lines.end = start.map { unsafe $0 + run.rest.count }
        unsafe lines.terminator = CChar(bitPattern: run.terminator)
        unsafe lines.output_terminator = CChar(bitPattern: run.outputTerminator)
        unsafe (lines.items, lines.item) = (Int64(run.end - run.next), UInt64(run.next))
        unsafe lines.output = room.output.assumingMemoryBound(to: CChar.self)
        unsafe (lines.used, lines.capacity, lines.enough) = (room.used, room.capacity, room.enough)
        unsafe lines.finished = UInt64(room.finished)
        unsafe lines.current = room.word(.current)
        unsafe lines.committed = room.word(.committed)
        unsafe lines.barrier = UnsafePointer(room.word(.barrier))
        unsafe lines.begun = room.begun
        let answer = unsafe pmap_run_lines(thread, base, task, handler, &lines)
        unsafe run.rest = UnsafeRawBufferPointer(
            start: lines.next, count: lines.next.map { unsafe lines.end - $0 } ?? 0)
        unsafe run.next = Int(lines.item)
        unsafe (room.used, room.finished, room.begun) = (lines.used, Int(lines.finished), lines.begun)
        switch unsafe lines.reason {
        case PMAP_LINES_DONE: return .done
        case PMAP_LINES_STOPPED: return .stopped
        case PMAP_LINES_FULL: return .full
        case PMAP_LINES_MISSING: return .missing
        default:
            let line = unsafe UnsafeRawBufferPointer(start: lines.line, count: lines.length)
            return unsafe .answer(Answer(answer), LineRun.Line(bytes: line))
        }
    }
}

extension OutboxRoom {
    fileprivate func word(_ word: StatusWords.Word) -> UnsafeMutablePointer<UInt64> {
        let address = unsafe UnsafeMutableRawPointer(mutating: status.address(of: word))
        return unsafe address.assumingMemoryBound(to: UInt64.self)
    }
}
