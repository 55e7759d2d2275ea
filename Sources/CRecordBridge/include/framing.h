/* Where one item of an input ends, for every way to split an input into items. */
#ifndef PMAP_FRAMING_H
#define PMAP_FRAMING_H

#include "row_end.h"
#include "value_end.h"

typedef enum {
    pmap_framing_ended, /* a record ends with a byte */
    pmap_framing_rows,  /* a record is a row of csv */
    pmap_framing_blocks, /* a record is whole lines of some bytes together */
    pmap_framing_values /* a record is a value of MessagePack */
} pmap_framing_kind;

typedef struct {
    pmap_framing_kind kind;
    char byte;    /* the one that ends a record, or the separator of csv */
    size_t block; /* bytes that a block has at least */
    size_t batch; /* records of an item */
} pmap_framing;

/* Where the search for an item's end is, between two pieces of it. Zeros at the item's beginning. */
typedef struct {
    size_t records;        /* whole ones */
    size_t bytes;          /* of the item, in all pieces */
    size_t record_start;   /* of the record that is not whole, in the item */
    pmap_row_place place;
    pmap_value_place value;
    bool is_broken;        /* the item is over, and where the next one begins cannot be known */
} pmap_item_search;

/* The end of the item that goes on at `at`, behind its last record's end. NULL where it has none before `end`; then the
 * search goes on with the next bytes. */
const char *pmap_item_end(const pmap_framing *framing, pmap_item_search *search, const char *at, const char *end);

/* The search has come to the input's end in an open quote. The row was just its first line then, of which the end is not
 * known: the search is as after it, once that end is `bytes` behind the item's beginning. Whether the item ends there.
 *
 * From now on a line is a record: at each of the newlines that were passed a quote is never closed, so that a row that goes on
 * behind its first line would be open to the end, too. Without this, a file of such rows would be read once for each. */
bool pmap_close_row(pmap_framing *framing, pmap_item_search *search, size_t bytes);
bool pmap_is_in_quotes(const pmap_framing *framing, const pmap_item_search *search);

/* The end of the item at `start`, behind which there is nothing but what is before `end`. It may close a row. */
const char *pmap_item_end_before(pmap_framing *framing, const char *start, const char *end);

/* The bytes of an item that are its record: without its end, if it has one, unless it may be several records or lines. */
size_t pmap_record_length(const pmap_framing *framing, const char *start, const char *end);

#endif
