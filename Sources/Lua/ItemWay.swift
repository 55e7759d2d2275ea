// How records become items and answers records where many items are run at a time, in C; see item.h. What is rare comes
// back to be done in Swift.

package import CLuaBridge

/// The way of an item through C.
package struct ItemWay {
    /// Record → item.
    @safe package struct Reading {
        let push: pmap_push_item
        let context: UnsafeMutableRawPointer?

        /// `context` must live as long as items are run.
        package init(_ push: pmap_push_item, context: UnsafeMutableRawPointer?) {
            unsafe self.push = push
            unsafe self.context = context
        }

        /// Its bytes as a string.
        package static var line: Reading { unsafe Reading(pmap_push_line, context: nil) }
    }

    /// Answer → record.
    @safe package struct Writing {
        package typealias AppendTable =
            @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<pmap_items>?) -> Bool
        let append: pmap_append_answer
        let table: AppendTable?
        let context: UnsafeMutableRawPointer?

        /// `context` must live as long as items are run.
        package init(_ append: pmap_append_answer, table: AppendTable? = nil, context: UnsafeMutableRawPointer?) {
            unsafe self.append = append
            unsafe self.table = table
            unsafe self.context = context
        }

        /// Fields of text; a table in one is rare.
        package static var text: Writing { unsafe Writing(pmap_append_text, context: nil) }
        package static var nothing: Writing { unsafe Writing(pmap_append_nothing, context: nil) }
    }

    let reading: Reading
    let writing: Writing
    /// The record itself is the result, unless the answer is nil or false.
    let isFilter: Bool

    package init(_ reading: Reading, _ writing: Writing, isFilter: Bool) {
        self.reading = reading
        self.writing = writing
        self.isFilter = isFilter
    }
}
