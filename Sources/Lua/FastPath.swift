// The conversions of the item loop in C: records to items, and results to records; see item.h. Rare cases are left to Swift.

package import CLuaBridge

/// The functions in C that convert the records of a loop.
package struct FastPath {
    /// Record → item.
    @safe package struct Reader {
        let push: pmap_push_item
        let context: UnsafeMutableRawPointer?

        /// `context` must live as long as items are run.
        package init(_ push: pmap_push_item, context: UnsafeMutableRawPointer?) {
            unsafe self.push = push
            unsafe self.context = context
        }

        /// The bytes of the record as a string.
        package static var line: Reader { unsafe Reader(pmap_push_line, context: nil) }
    }

    /// Results → record.
    @safe package struct Writer {
        package typealias AppendTable =
            @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<pmap_item_loop>?) -> Bool
        let append: pmap_append_result
        let table: AppendTable?
        let context: UnsafeMutableRawPointer?

        /// `context` must live as long as items are run.
        package init(_ append: pmap_append_result, table: AppendTable? = nil, context: UnsafeMutableRawPointer?) {
            unsafe self.append = append
            unsafe self.table = table
            unsafe self.context = context
        }

        /// Fields of text; a table in a field is left to Swift.
        package static var text: Writer { unsafe Writer(pmap_append_text, context: nil) }
        package static var nothing: Writer { unsafe Writer(pmap_append_nothing, context: nil) }
    }

    let reader: Reader
    let writer: Writer
    /// The record itself is the output, unless the result is nil or false.
    let isFilter: Bool

    package init(_ reader: Reader, _ writer: Writer, isFilter: Bool) {
        self.reader = reader
        self.writer = writer
        self.isFilter = isFilter
    }
}
