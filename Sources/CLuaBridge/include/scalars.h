/* Runs of numbers, strings and booleans in a list, to and from MessagePack: a loop in C, because crossing from Swift to
 * Lua and back for each of them costs as much as the work. Whatever else is in the list is Swift's matter. */
#ifndef PMAP_SCALARS_H
#define PMAP_SCALARS_H

#include "bridge.h"

#include <stdint.h>

/* Writes list[place], list[place + 1], … up to list[last] into `room`; answers the place after the last one written,
 * which is where something else stands, or where the room ended. */
long long pmap_pack_scalars(lua_State *L, int list, long long place, long long last, unsigned char *room, size_t size,
                            size_t *written);

/* The other way round: reads values while they are such, and puts them at list[place], list[place + 1], … up to `last`;
 * answers the place after the last one read. */
long long pmap_unpack_scalars(lua_State *L, int list, long long place, long long last, const unsigned char *bytes,
                              size_t size, size_t *read);

/* Items of a pool's task that are scalars, through its function, as long as its answers are such or nil. */
typedef struct {
    const unsigned char *next, *end; /* of the items */
    long long place, last;           /* of the next item, and of the last one */
    bool is_called;                  /* the function was called for the item at `place`, whose answer is not written */
    unsigned char *output;
    size_t used, capacity;
    /* Shared memory: items of the task begun, and results that are whole and how many bytes they have. */
    uint64_t *begun, *count, *bytes;
    long long task_first, results_first;
} pmap_scalar_run;

/* Stack: → (nothing), or → the answer that is something else, or → what the handler made of an error. Answers a Lua
 * status. All of it is one protected call. */
int pmap_run_scalars(lua_State *L, int function, int handler, pmap_scalar_run *run);

#endif
