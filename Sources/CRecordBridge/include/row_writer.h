/* Lua values → rows of csv and tsv, for what is usual: rare values are left to Swift, which also writes the messages. Called
 * where Lua may raise for lack of memory. */
#ifndef PMAP_ROW_WRITER_H
#define PMAP_ROW_WRITER_H

#include <item.h>

/* Writes any float, at most 24 bytes, and returns their number; it must not call Lua. */
typedef int (*pmap_row_write_float)(double value, char *out);

/* The writer of one Lua state. `separator` is that of csv; 0 for tsv. */
typedef struct pmap_row_writer pmap_row_writer;
pmap_row_writer *pmap_create_row_writer(char separator, pmap_row_write_float write_float);
void pmap_destroy_row_writer(pmap_row_writer *writer);

/* The columns of all rows that follow, by so many names, one behind the other with these lengths; without any, rows have
 * just fields. False when memory is short. */
bool pmap_use_columns(pmap_row_writer *writer, const char *names, const size_t *lengths, size_t count);

/* The byte between fields. */
char pmap_row_separator(const pmap_row_writer *writer);

/* Writes a field as it stands in a row; false when there is no space. */
bool pmap_put_field(const pmap_row_writer *writer, const char *text, size_t length, pmap_cursor *cursor);

/* Append results as a row; `loop->writer` is a pmap_row_writer with columns. */
bool pmap_append_row(lua_State *L, int first, int last, pmap_item_loop *loop);

#endif
