// The conversions of the item loop in C: records to items, and results to records; see item.h. Rare cases are left to Swift.

package import CLuaBridge

/// The functions in C that convert the records of a loop.
package struct FastPath {
    /// Record → item.
    @safe package struct Reader {
        package let push: pmap_push_item
        package let context: UnsafeMutableRawPointer?
        /// Record → results, of a task that only names parts of its item; nil for others.
        package private(set) var select: pmap_push_item?
        /// The same as parts of the record, which are no Lua values.
        private(set) var findParts: pmap_find_parts?
        /// The item is the bytes of its record.
        private var isLine = false
        /// Nil where a byte ends each record.
        private(set) var find: pmap_find_item?
        private(set) var framing: UnsafeMutableRawPointer?
        private(set) var keepsEnd = false

        /// `context` must live as long as items are run.
        package init(_ push: pmap_push_item, context: UnsafeMutableRawPointer?) {
            unsafe self.push = push
            unsafe self.context = context
        }

        /// Items are found by `find` in this `framing`, which must live as long as items are run. With `keepsEnd` a record
        /// has the end of its last line.
        package mutating func finds(
            _ find: @escaping pmap_find_item, _ framing: UnsafeMutableRawPointer, keepsEnd: Bool
        ) {
            unsafe (self.find, self.framing, self.keepsEnd) = (find, framing, keepsEnd)
        }

        /// The task returns its item.
        package mutating func selectItem() {
            unsafe select = push
            unsafe findParts = isLine ? pmap_find_line : nil
        }

        /// The task returns what this pushes for the reader's `context`.
        package mutating func select(_ function: @escaping pmap_push_item, _ parts: @escaping pmap_find_parts) {
            unsafe (select, findParts) = (function, parts)
        }

        /// The bytes of the record as a string.
        package static var line: Reader {
            var reader = unsafe Reader(pmap_push_line, context: nil)
            reader.isLine = true
            return reader
        }
    }

    /// Results → record.
    @safe package struct Writer {
        package typealias AppendTable =
            @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<pmap_item_loop>?) -> Bool
        package typealias AppendParts =
            @convention(c) (UnsafeMutablePointer<pmap_item_loop>?, UnsafePointer<pmap_part>?, Int32) -> Bool
        let append: pmap_append_result
        let parts: AppendParts?
        let table: AppendTable?
        let context: UnsafeMutableRawPointer?

        /// `context` must live as long as items are run.
        package init(
            _ append: pmap_append_result, parts: AppendParts? = nil, table: AppendTable? = nil,
            context: UnsafeMutableRawPointer?
        ) {
            unsafe self.append = append
            unsafe self.parts = parts
            unsafe self.table = table
            unsafe self.context = context
        }

        /// Fields of text; a table in a field is left to Swift.
        package static var text: Writer { unsafe Writer(pmap_append_text, context: nil) }
        package static var nothing: Writer { unsafe Writer(pmap_append_nothing, context: nil) }
    }

    let reader: Reader
    let writer: Writer
    /// The item is the output, unless the result is nil or false; as its record is, or as the writer writes its value.
    let isFilter, passesRecords: Bool

    package init(_ reader: Reader, _ writer: Writer, isFilter: Bool, passesRecords: Bool) {
        self.reader = reader
        self.writer = writer
        (self.isFilter, self.passesRecords) = (isFilter, passesRecords)
    }
}
