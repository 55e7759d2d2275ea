/* Where a row of csv ends: a newline in a quoted field is part of it. RFC 4180, https://www.rfc-editor.org/rfc/rfc4180.
 *
 * A quote opens only as the first byte of a field. Cutting by the parity of quotes would not do: one `5" pipe` in a field
 * without quotes would ruin every row behind it. */
#ifndef PMAP_ROW_END_H
#define PMAP_ROW_END_H

#include <stdbool.h>
#include <stddef.h>

/* Where the search is, between two pieces of a row. */
typedef enum {
    pmap_row_start,  /* before the first byte */
    pmap_row_mark_1, /* after one byte, or two, of what may be a byte order mark: a quote opens after it, too */
    pmap_row_mark_2,
    pmap_row_field,  /* before the first byte of a field */
    pmap_row_plain,  /* in a field where quotes are bytes like others */
    pmap_row_quoted, /* in a quoted field */
    pmap_row_quote   /* after a quote in it, which closes it, unless another one follows */
} pmap_row_place;

/* The end of the row that goes on at `at`: after its newline. NULL where it has none before `end`; then the search goes on
 * with the next bytes. */
const char *pmap_row_end(const char *at, const char *end, char separator, pmap_row_place *place);

#endif
