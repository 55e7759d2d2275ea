// The values of Lua that MessagePack lacks, as MessagePack extension types. Any reader of MessagePack understands a message
// without them.

/// The extension types.
///
///     code  name       payload
///     ────  ─────────  ──────────────────────────────────────────────────────────────────────────────────
///     -1    timestamp  MessagePack's own, read only: becomes seconds, a float if there are nanoseconds
///     80    graph      one value; the whole message, when a `reference` is in it
///     81    reference  an unsigned number, 4 bytes: that of an object's first appearance
///     82    null       nothing; `pmap.null` where `nil` may stand too: at the top, as upvalue, as key
///     83    array      an array or map: a table tagged by `pmap.array`
///     84    object     an array or map: a table tagged by `pmap.object`
///     85    instance   its metatable (a module, member or class), then an array or map
///     86    function   hash of the bytecode, 8 bytes; bytecode as bin; its upvalues as an array
///     87    module     the name for `require`; "_G" is the receiver's globals
///     88    member     module and key as two strings: a function or metatable directly in a module
///     89    class      the name under which `pmap.register` knows the metatable
///     90    handle     a number, 8 bytes: of an object in the memory that the processes of one run share
///     91    table      a table that is no list and yet has a length, as `{1, nil, 3}` and `{1, n = 1}` have
///
/// Inside a graph every table, function and upvalue is numbered from 0 in the order of first appearance; of an
/// upvalue that several functions share, the later ones hold a `reference` to its number. In tables `nil` is
/// `pmap.null`; at the top and as an upvalue it is nil.
///
/// The payload of `table` is the table's length by `#`, the number of entries with other keys than 1 to the length, and a
/// map; in `array`, `object` and `instance` the same may replace the map. It is for tables that are not too sparse.
package enum MessagePackExtension: Int8, Sendable, CaseIterable {
    case timestamp = -1
    case graph = 80
    case reference, null, array, object, instance, function, module, member, `class`, handle, table

    /// The greatest length that a table is sent with: the receiver allocates for it.
    static func longestTable(entries: Int) -> Int { 64 + 16 * entries }
}
