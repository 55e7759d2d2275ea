/* Where a value of MessagePack ends, by its heads and counts: nothing is decoded.
 * https://github.com/msgpack/msgpack/blob/master/spec.md */
#ifndef PMAP_VALUE_END_H
#define PMAP_VALUE_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { pmap_longest_value_head = 5 }; /* a tag, and a count behind it */

/* Where the search is, between two pieces of a value. Zeros before it. */
typedef struct {
    bool is_begun;
    uint64_t values; /* that are still to come, in all of the open arrays and maps */
    uint64_t skip;   /* bytes of the value whose head was passed */
    unsigned char head[pmap_longest_value_head], head_length; /* of the value whose head is not complete */
} pmap_value_place;

/* The end of the value that goes on at `at`. NULL where it has none before `end`; then the search goes on with the next
 * bytes. With `is_broken` the end is behind a byte that begins no value: where the next one begins cannot be known. */
const char *pmap_value_end(const char *at, const char *end, pmap_value_place *place, bool *is_broken);

#endif
