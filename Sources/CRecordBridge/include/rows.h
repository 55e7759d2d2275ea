/* Rows of fields → Lua values: csv, tsv, and lines split as by awk; and batches of records. Called where Lua may raise for
 * lack of memory. */
#ifndef PMAP_ROWS_H
#define PMAP_ROWS_H

#include <item.h>

#include "framing.h"

typedef enum {
    pmap_rows_csv,   /* RFC 4180 */
    pmap_rows_tsv,   /* \t, \n, \r and \\ stand for these characters; https://en.wikipedia.org/wiki/Tab-separated_values */
    pmap_rows_words, /* what spaces and tabs separate */
    pmap_rows_split  /* what a character separates */
} pmap_row_format;

typedef enum {
    pmap_row_read,
    pmap_row_blank,       /* an empty line, which is no item */
    pmap_row_count,       /* another number of fields than the header's */
    pmap_row_late_quote,  /* a quote in a field that does not begin with one */
    pmap_row_after_quote, /* something other than a separator after a closing quote */
    pmap_row_open         /* a quote that is not closed */
} pmap_row_status;

enum { pmap_longest_separator = 8 };

/* The reader of one Lua state. `separator` has at most `pmap_longest_separator` bytes. With `has_header` a row is a table by
 * the header's names, else a list. */
typedef struct pmap_row_reader pmap_row_reader;
pmap_row_reader *pmap_create_row_reader(
    pmap_row_format format, const char *separator, size_t length, bool has_header);
void pmap_destroy_row_reader(pmap_row_reader *reader);

/* The rows that follow are under this header, a row itself, which is copied. False when memory is short. `first` is the
 * row before which a byte order mark is none of its bytes, or NULL. */
bool pmap_begin_rows(pmap_row_reader *reader, const char *header, size_t length, const void *first);

/* Stack: → value; or anything, when there is none. */
pmap_row_status pmap_push_row(lua_State *L, pmap_row_reader *reader, const char *row, size_t length);

/* Of the row that was read last: its fields, up to where it is wrong. */
size_t pmap_row_fields(const pmap_row_reader *reader);
/* Of the header. */
size_t pmap_row_columns(const pmap_row_reader *reader);

/* Reads a row; `loop->reader` is a pmap_row_reader. */
bool pmap_push_row_item(lua_State *L, pmap_item_loop *loop);

/* Which fields `pmap_push_selected` pushes, at most `pmap_most_parts`: those under names, each of which ends with a NUL, or
 * else those at places, from 1. The memory must live as long as the reader. */
void pmap_select_fields(pmap_row_reader *reader, int count, const char *names, const uint32_t *places);

/* Stack: → the selected fields of a row, nil for one that it does not have; or anything and false, when it is none */
bool pmap_push_selected(lua_State *L, pmap_item_loop *loop);

/* The same as parts of the record, if it has all of them and there is nothing to unescape. */
int pmap_find_selected(pmap_item_loop *loop, pmap_part *parts);

/* How the records of a batch are read. */
typedef struct {
    pmap_framing framing; /* of one record */
    pmap_push_item push;
    void *reader;
    int last_count; /* records of the list before, as many as the next one is expected to have */
} pmap_batch_reader;

/* Reads a batch as a list; `loop->reader` is a pmap_batch_reader. */
bool pmap_push_batch_item(lua_State *L, pmap_item_loop *loop);

/* Finds the loop's next record; `loop->framing` is a pmap_framing. The end of the item. */
const char *pmap_loop_item_end(pmap_item_loop *loop);

#endif
