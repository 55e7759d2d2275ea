/* The ends of values of MessagePack: two counters, as an array is so many values more, and a map twice as many. */
#include "value_end.h"

#include <string.h>

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
    if (tag < 0x80 || tag >= 0xe0) return true;
    if (tag < 0x90) return add_values(place, 2 * (tag & 15)), true;
    if (tag < 0xa0) return add_values(place, tag & 15), true;
    if (tag < 0xc0) return place->skip = tag & 31, true;
    switch (tag) {
    case 0xc1: return false;
    case 0xc4: case 0xc5: case 0xc6: case 0xd9: case 0xda: case 0xdb: place->skip = count; break;
    case 0xc7: case 0xc8: case 0xc9: place->skip = count + 1; break; /* and the type */
    case 0xcc: case 0xd0: place->skip = 1; break;
    case 0xcd: case 0xd1: case 0xd4: place->skip = 2; break;
    case 0xd5: place->skip = 3; break;
    case 0xca: case 0xce: case 0xd2: place->skip = 4; break;
    case 0xd6: place->skip = 5; break;
    case 0xcb: case 0xcf: case 0xd3: place->skip = 8; break;
    case 0xd7: place->skip = 9; break;
    case 0xd8: place->skip = 17; break;
    case 0xdc: case 0xdd: add_values(place, count); break;
    case 0xde: case 0xdf: add_values(place, 2 * count); break;
    default: break; /* nil, false, true */
    }
    return true;
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
