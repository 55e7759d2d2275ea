// Lines that answer lines, many at a time: the way of most short items.

import Lua
package import Records
package import Wire

extension TaskRunner {
    /// Whether lines may be run many at a time: nobody wants to know anything of an item but the line it answers.
    package var runsLines: Bool {
        form.writesLines && !form.keepsInput && form.timeLimit == nil && form.memoryLimit == nil
            && form.input != .jsonl
    }

    /// Runs the lines of `cursor` for `items`, until all are done, or one has answered something else than a line and
    /// that is done too. Answers the next item, or nil when there is no line for it. Needs `runsLines`.
    package func run(_ cursor: inout RecordCursor, items: Range<Int>, outbox: inout Outbox) -> Int? {
        if emitted.count > 0 { emitted.reset() }
        var lines = cursor.lines(for: items, outputTerminator: form.output.terminator)
        isInTask = true
        let end = outbox.lend { room in
            stack.run(
                &lines, base: TaskRunner.inputs, task: TaskRunner.task, handler: TaskRunner.handler, in: &room)
        }
        isInTask = false
        cursor.skip(lines)
        switch end {
        case .done, .stopped: break
        case .missing: return nil
        case .full: outbox.flush()
        case .answer(let answer, let line): finish(answer, line.record, &outbox)
        }
        return lines.next
    }
}
