// The fast path of most short items: a loop in C over many records.

import Bytes
import Lua
package import Records
package import Wire

extension TaskRunner.Options {
    /// Only an item's record is wanted, and there are no limits.
    fileprivate var isOnlyRecords: Bool {
        timeLimit == nil && memoryLimit == nil && !isTagged && !writesWords
            && !(isFilter && output.isTable && input.batch != nil)  // each row of the batch by itself
    }
}

extension TaskRunner {
    /// The functions of the loop, if the format and the options allow it.
    static func fastPath(
        _ options: Options, _ reader: borrowing RecordReader, _ writer: FastPath.Writer, passesRows: Bool
    ) -> FastPath? {
        guard options.isOnlyRecords else { return nil }
        return FastPath(
            reader.fastPath, writer, isFilter: options.isFilter,
            passesRecords: options.passesRecords || passesRows)
    }

    /// Items may be run in the loop.
    package var runsMany: Bool { fastPath != nil && !(options.isFilter && marked != nil) }

    /// Runs the records of `cursor` for `items`, until all are done, or one that needed Swift is done too. Returns the next
    /// item, or nil when there is no record for it. Needs `runsMany`.
    package func run(_ cursor: inout RecordCursor, items: Range<Int>, outbox: inout Outbox) -> Int? {
        guard let fastPath else { preconditionFailure("items are run in the loop only where there is a fast path") }
        if emitted.count > 0 { emitted.reset() }
        let blockEnd = outbox.blockEnd(after: items.lowerBound) ?? .max
        let items = items.lowerBound..<min(items.upperBound, blockEnd)
        var loop = cursor.loop(over: items, outputTerminator: options.output.terminator)
        isInTask = true
        let end = outbox.withCursor { position in
            stack.run(
                &loop, fastPath, base: TaskRunner.inputs, task: TaskRunner.task, handler: TaskRunner.handler,
                in: &position)
        }
        isInTask = false
        cursor.skip(loop)
        switch end {
        case .done: if loop.next == blockEnd { outbox.flush() }
        case .stopped: break
        case .missing: return nil
        case .full: outbox.flush()
        case .record(let record): self.run(record.bytes, item: loop.next - 1, outbox: &outbox)
        case .result(let result, let record):
            if isAlone && endStopped(result, record.bytes, &outbox) { break }
            endItem(result)
            finish(result, record.bytes, &outbox)
        }
        return loop.next
    }
}
