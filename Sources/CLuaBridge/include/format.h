/* Formatting of numbers, the same in every locale, into memory of a given size. */
#ifndef PMAP_FORMAT_H
#define PMAP_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A position in output: `next` advances. */
typedef struct {
    char *next, *end;
} pmap_cursor;

static inline bool pmap_has_space(const pmap_cursor *cursor, size_t size) {
    return (size_t)(cursor->end - cursor->next) >= size;
}

/* Writes `size` bytes, for which there must be space. */
static inline void pmap_put(pmap_cursor *cursor, const void *bytes, size_t size) {
    memcpy(cursor->next, bytes, size);
    cursor->next += size;
}

enum { pmap_number_space = 32 }; /* bytes that must be free for any number */

void pmap_put_integer(pmap_cursor *cursor, long long value);

/* A float that is a decimal of at most 14 digits, neither tiny nor huge, in its shortest exact form, which is also
 * `%.14g`, with `.0` if it is integral. Others are not written: false. */
bool pmap_put_short_float(pmap_cursor *cursor, double value);

#endif
