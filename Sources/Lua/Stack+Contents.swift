// What a writer of tables must know before it begins, in one pass over the keys.

import CLua
import CLuaBridge

/// The keys of a table.
package struct TableContents {
    package var entries: Int
    /// The largest key; nil when one is not a positive integer.
    package var largest: Int?
    /// Pairs that were left on the stack: all of them, or none.
    package var pairs: Int

    /// The keys are 1…`entries`. An empty table is a list.
    package var isList: Bool { largest == entries }
}

extension Stack {
    /// Stack: → key, value, key, value, … when they are at most `limit` and do not begin as a list does.
    /// Nil when Lua's stack is full.
    package func contents(_ table: Int32, limit: Int32) -> TableContents? {
        let found = unsafe pmap_table_contents(thread, table, limit)
        guard found.entries >= 0 else { return nil }
        let largest = found.largest >= 0 ? Int(found.largest) : nil
        return TableContents(entries: Int(found.entries), largest: largest, pairs: Int(found.pairs))
    }
}
