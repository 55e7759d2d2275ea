/* JSON texts ⇄ Lua values, for most of them: rare ones are refused, and left to Swift, which also writes the messages. Both
 * are called where Lua may raise for lack of memory. */
#ifndef PMAP_JSON_LUA_H
#define PMAP_JSON_LUA_H

#include <item.h>
#include <tags.h>

#include "json_bridge.h"

/* The reader of one Lua state. */
typedef struct pmap_json_reader pmap_json_reader;

/* With `takes_floats`, integers outside 64 bits become floats. */
pmap_json_reader *pmap_json_create_reader(pmap_table_tags tags, bool takes_floats);
void pmap_json_destroy_reader(pmap_json_reader *reader);

/* As pmap_json_parse, with a parser of its own. The text stays where it is until it is pushed. `is_repaired` says that
 * no -0 is in it. */
pmap_json_status pmap_json_read(pmap_json_reader *reader, const void *text, size_t length, bool is_repaired);

/* Stack: → value of the text that was read last; or anything and false, when Lua's stack is full, or an integer is
 * outside 64 bits and may not be a float, or may be -0. */
bool pmap_json_push(lua_State *L, pmap_json_reader *reader);

/* Reads a record; `loop->reader` is a pmap_json_reader. */
bool pmap_json_push_item(lua_State *L, pmap_item_loop *loop);

/* Writes any finite float, and returns the number of bytes; it must not call Lua. */
typedef int (*pmap_json_write_float)(double value, char *out);

/* The writer of one Lua state. */
typedef struct pmap_json_writer pmap_json_writer;

pmap_json_writer *pmap_json_create_writer(pmap_table_tags tags, pmap_json_write_float write_float);
void pmap_json_destroy_writer(pmap_json_writer *writer);

/* Writes the value at `index`, which is not relative: numbers, booleans, null, strings, lists, and tables with strings
 * as keys, not too deep and not too large. Else false, with anything at the cursor; the stack is unchanged. */
bool pmap_json_write(lua_State *L, int index, pmap_json_writer *writer, pmap_cursor *cursor);

/* Append results as a line, and one table in a field of text; `loop->writer` is a pmap_json_writer. */
bool pmap_json_append(lua_State *L, int first, int last, pmap_item_loop *loop);
bool pmap_json_append_table(lua_State *L, int index, pmap_item_loop *loop);

#endif
