// Rows of a job log that are written in C, as `JobLog` writes the others: those of items that each end with a byte and show
// as they are. Unsafe because it passes memory to C.

package import Bytes
import CRecordBridge
package import Wire

/// What the rows of items that ended together have in common.
package struct LogRows {
    /// What is added to a time of the clock for one since 1970.
    private let epoch: Int
    /// What stands before the item, between it and its position, and behind that: one behind the other, and their sizes.
    private let texts: [UInt8]
    private let sizes: (Int, Int, Int)

    /// Bytes of an item that are shown.
    package static let longest = 1000
    /// Bytes of rows that are written at once.
    private static let space = 32 << 10

    package init(epoch: Int, before: String, between: String, after: String) {
        self.epoch = epoch
        texts = Array((before + between + after).utf8)
        sizes = (before.utf8.count, between.utf8.count, after.utf8.count)
    }

    /// Appends rows of the cursor's next items, and advances it behind them, until one is to be escaped or cut, or it is
    /// enough. Answers how many they are, and the last one's record.
    package func append(
        _ cursor: inout RecordCursor, item: Int, position: Int, _ times: ArraySlice<ItemTime>,
        to buffer: inout ByteBuffer
    ) -> (items: Int, last: RecordBytes?) {
        let rest = unsafe cursor.rest.memory
        guard cursor.framing.isPlain, let start = unsafe rest.baseAddress?.assumingMemoryBound(to: CChar.self) else {
            return (0, nil)
        }
        var rows = unsafe pmap_log_rows()
        unsafe (rows.next, rows.end) = (start, start + rest.count)
        unsafe (rows.terminator, rows.most) = (CChar(bitPattern: cursor.framing.terminator), LogRows.longest)
        unsafe (rows.item, rows.position, rows.epoch) = (UInt64(item), UInt64(position), Int64(epoch))
        unsafe (rows.before, rows.between, rows.after) = sizes
        unsafe rows.count = times.count
        unsafe times.withUnsafeBytes { times in
            unsafe rows.times = times.bindMemory(to: pmap_log_time.self).baseAddress
            unsafe texts.withUnsafeBytes { texts in
                unsafe rows.texts = texts.bindMemory(to: CChar.self).baseAddress
                unsafe buffer.append(upTo: LogRows.space) { out in
                    unsafe pmap_write_log_rows(&rows, out.assumingMemoryBound(to: CChar.self), LogRows.space)
                }
            }
        }
        unsafe cursor.offset += rows.next - start
        let last = unsafe UnsafeRawBufferPointer(start: rows.record, count: rows.length)
        return unsafe (times.count - rows.count, RecordBytes(last))
    }
}
