/* The ends of values of MessagePack: two counters, as an array is so many values more, and a map twice as many. */
#include "value_end.h"

#include <string.h>

/* The bytes of a value that has no count, by its tag; 0 for those that have one, and for 0xc1. */
static const unsigned char sizes[256] = {
    [0x00 ... 0x7f] = 1, [0xe0 ... 0xff] = 1, [0xc0] = 1, [0xc2] = 1, [0xc3] = 1,
    [0xca] = 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18,
    [0xa0] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};

static size_t count_size(unsigned char tag) {
    switch (tag) {
    case 0xc4: case 0xc7: case 0xd9: return 1;
    case 0xc5: case 0xc8: case 0xda: case 0xdc: case 0xde: return 2;
    case 0xc6: case 0xc9: case 0xdb: case 0xdd: case 0xdf: return 4;
    default: return 0;
    }
}

/* A hostile file has counts without an end. */
static void add_values(pmap_value_place *place, uint64_t values) {
    place->values = values > UINT64_MAX - place->values ? UINT64_MAX : place->values + values;
}

/* A head is complete: what comes behind it. False for a byte that begins no value. */
static bool pass_head(pmap_value_place *place, unsigned char tag, uint64_t count) {
    if (sizes[tag]) return place->skip = sizes[tag] - 1, true;
    if (tag < 0x90) return add_values(place, 2 * (tag & 15)), true;
    if (tag < 0xa0) return add_values(place, tag & 15), true;
    switch (tag) {
    case 0xc1: return false;
    case 0xc7: case 0xc8: case 0xc9: place->skip = count + 1; return true; /* and the type */
    case 0xdc: case 0xdd: add_values(place, count); return true;
    case 0xde: case 0xdf: add_values(place, 2 * count); return true;
    default: place->skip = count; return true;
    }
}

/* Goes on past whole values that have no count, of which most records have most. */
static const char *pass_scalars(const char *at, const char *end, pmap_value_place *place) {
    uint64_t values = place->values;
    for (; values && at < end; values--) {
        size_t size = sizes[(unsigned char)*at];
        if (size == 0 || size > (size_t)(end - at)) break;
        at += size;
    }
    place->values = values;
    return at;
}

/* The head that goes on at `at`, before `end`: the end of its bytes there. `count` is set when it is complete. */
static const char *read_head(const char *at, const char *end, pmap_value_place *place, uint64_t *count) {
    if (place->head_length == 0) place->head[place->head_length++] = (unsigned char)*at++;
    size_t size = 1 + count_size(place->head[0]);
    while (place->head_length < size) {
        if (at == end) return NULL;
        place->head[place->head_length++] = (unsigned char)*at++;
    }
    *count = 0;
    for (size_t index = 1; index < size; index++) *count = *count << 8 | place->head[index];
    return at;
}

const char *pmap_value_end(const char *at, const char *end, pmap_value_place *place, bool *is_broken) {
    if (!place->is_begun) {
        place->is_begun = true;
        place->values = 1;
    }
    for (;;) {
        if (place->skip > (uint64_t)(end - at)) {
            place->skip -= (uint64_t)(end - at);
            return NULL;
        }
        at += place->skip;
        place->skip = 0;
        if (place->head_length == 0) at = pass_scalars(at, end, place);
        if (place->values == 0) break;
        if (at == end) return NULL;
        uint64_t count;
        at = read_head(at, end, place, &count);
        if (!at) return NULL;
        place->values--;
        if (!pass_head(place, place->head[0], count)) {
            *is_broken = true;
            break;
        }
        place->head_length = 0;
    }
    *place = (pmap_value_place){0};
    return at;
}
