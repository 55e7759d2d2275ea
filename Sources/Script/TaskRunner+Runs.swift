// Items that are read and written in ordinary ways, many at a time: the way of most short items.

import Lua
package import Records
package import Wire

extension TaskRunner.Form {
    /// Nobody wants to know anything of an item but the record it came to.
    fileprivate var isOnlyRecords: Bool {
        timeLimit == nil && memoryLimit == nil && (!isFilter || passesRecords)
    }
}

extension TaskRunner {
    /// How many items are run at a time, if they may be.
    static func way(_ form: Form, _ reader: borrowing RecordReader, _ writer: borrowing RecordWriter) -> ItemWay? {
        guard form.isOnlyRecords, let writing = writer.way else { return nil }
        return ItemWay(reader.way, writing, isFilter: form.isFilter)
    }

    /// Whether many items may be run at a time.
    package var runsMany: Bool { way != nil }

    /// Runs the records of `cursor` for `items`, until all are done, or one is not as most are and that is done too.
    /// Answers the next item, or nil when there is no record for it. Needs `runsMany`.
    package func run(_ cursor: inout RecordCursor, items: Range<Int>, outbox: inout Outbox) -> Int? {
        guard let way else { preconditionFailure("items are run many at a time only where there is a way to") }
        if emitted.count > 0 { emitted.reset() }
        var run = cursor.run(items, outputTerminator: form.output.terminator)
        isInTask = true
        let end = outbox.withCursor { room in
            stack.run(
                &run, way, base: TaskRunner.inputs, task: TaskRunner.task, handler: TaskRunner.handler, in: &room)
        }
        isInTask = false
        cursor.skip(run)
        switch end {
        case .done, .stopped: break
        case .missing: return nil
        case .full: outbox.flush()
        case .record(let record): self.run(record.bytes, item: run.next - 1, outbox: &outbox)
        case .answer(let answer, let record):
            if isAlone && endStopped(answer, record.bytes, &outbox) { break }
            endItem(answer)
            finish(answer, record.bytes, &outbox)
        }
        return run.next
    }
}
