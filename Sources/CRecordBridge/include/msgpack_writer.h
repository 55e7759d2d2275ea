/* Lua values → MessagePack, as Records/MsgpackWriter.swift writes it, which is also the fallback: rare values are left to it.
 * Metamethods never run. Called where Lua may raise for lack of memory. */
#ifndef PMAP_MSGPACK_WRITER_H
#define PMAP_MSGPACK_WRITER_H

#include <item.h>
#include <tags.h>

/* Writes the value at `index`, which is not relative: numbers, booleans, null, strings, lists, and tables with strings
 * as keys, not too deep and not too large. Else false, with anything at the cursor; the stack is unchanged. */
bool pmap_msgpack_write(lua_State *L, int index, const pmap_table_tags *tags, pmap_cursor *cursor);

/* Appends a result as a record; `loop->writer` is a pmap_table_tags. */
bool pmap_msgpack_append(lua_State *L, int first, int last, pmap_item_loop *loop);

#endif
