/* Numbers as text, the same in every locale, into memory that has an end. */
#ifndef PMAP_TEXT_H
#define PMAP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Where text is written: `next` moves on. */
typedef struct {
    char *next, *end;
} pmap_room;

static inline bool pmap_has_room(const pmap_room *room, size_t size) { return (size_t)(room->end - room->next) >= size; }

/* `size` bytes for which there is room. */
static inline void pmap_put(pmap_room *room, const void *bytes, size_t size) {
    memcpy(room->next, bytes, size);
    room->next += size;
}

enum { pmap_number_room = 32 }; /* there must be so much for any number */

void pmap_put_integer(pmap_room *room, long long value);

/* A float that is a decimal of at most 14 digits, neither tiny nor huge, in its shortest exact form, which is also
 * `%.14g`, with `.0` if it is integral. Others are not written: false. */
bool pmap_put_short_float(pmap_room *room, double value);

#endif
