/* What a worker has printed and not told the host yet: in memory shared with it, so that it has that of a worker that died.
 * What exceeds it lies in the worker's own memory. */
#ifndef PMAP_PRINTED_H
#define PMAP_PRINTED_H

#include <stdint.h>

enum { pmap_printed_size = 256 << 10 };

typedef struct {
    /* Of what is captured, and whether programs have written some of it. */
    uint64_t length, has_programs;
    /* Of what the thread has collected, behind which are zeros; whether there is a thread. A worker may die between the read
     * and the store of the length, and what was read is text. */
    uint64_t collected_length, is_collecting;
    char text[pmap_printed_size];
    char collected[pmap_printed_size];
} pmap_printed;

#endif
