/* Whole values to and from MessagePack: tables of tables of numbers, strings and booleans, as most values are. A value with
 * anything else in it (functions, metatables, tables that occur twice or have a name) is refused here, and the fallback in
 * Swift begins with that value anew: see Encoder.swift and Decoder.swift. */
#ifndef PMAP_VALUES_H
#define PMAP_VALUES_H

#include "bridge.h"

#include <stdint.h>

/* A cell of an open-addressing table by address; `number` is negative when it is free. */
typedef struct {
    uintptr_t identity;
    intptr_t number;
} pmap_identity;

/* The cell of 2^(64 - shift) where an address should be. */
static inline size_t pmap_identity_cell(uintptr_t identity, unsigned shift) {
    return (size_t)(((uint64_t)identity * 0x9e3779b97f4a7c15) >> shift);
}

/* A table that occurs in the message with this number. */
typedef struct {
    uintptr_t identity;
    uint64_t message;
} pmap_seen_table;

/* The output of packing, the tables that are sent by name, and those seen in this message. */
typedef struct {
    unsigned char *next, *end;
    bool lacks_space; /* why a value was refused */
    const pmap_identity *named;
    unsigned named_shift;
    pmap_seen_table *seen;
    size_t cells, tables;
    uint64_t message;
} pmap_packer;

void pmap_packer_free(pmap_packer *packer);

/* Appends the value at `index`; false, and nothing appended, when it is refused. May raise. */
bool pmap_pack(lua_State *L, int index, pmap_packer *packer);
/* The same under a protected call, for one value; and for list[index] … list[last], each a message: returns the index of
 * the one that was refused, or the one after the last. */
bool pmap_pack_value(lua_State *L, int index, pmap_packer *packer);
long long pmap_pack_each(lua_State *L, int list, long long index, long long last, pmap_packer *packer);

/* Stack: → the value that begins at `bytes`. Returns its length; or 0, with nothing pushed, when it is refused. */
size_t pmap_unpack(lua_State *L, const unsigned char *bytes, size_t size);
/* One after the other into list[index] … list[last]; returns the index of the one that was refused, or the one after the
 * last. */
long long pmap_unpack_each(lua_State *L, int list, long long index, long long last, const unsigned char *bytes, size_t size,
                           size_t *read);

/* A loop that calls a pool's function with the items of a task, one after the other. */
typedef struct {
    const unsigned char *next, *end; /* of the items */
    long long item, last;            /* the number of the next item, and of the last one */
    bool is_called;                  /* the function was called with `item`, whose result is not written */
    int results;                     /* of a call: 1, or all of them */
    pmap_packer *packer;
    unsigned char *output;
    /* Words of shared memory: the items of the task begun, and the complete results and their bytes. */
    uint64_t *begun, *count, *bytes;
    long long task_first, results_first;
} pmap_task_loop;

/* Before a module is loaded: what a task returns after that is left to Swift, as it may have a name. */
void pmap_count_load(void);

/* The locks that the running task has acquired and not released: unless there is none, its results are left to Swift.
 * Clearing the number returns what it was. */
extern long long pmap_locks_held;
static inline void pmap_add_locks_held(long long more) { pmap_locks_held += more; }
long long pmap_clear_locks_held(void);

/* Stack: → (nothing), or → the results that are left to Swift, or → what the handler made of an error. Returns a Lua
 * status. All of it is one protected call. */
int pmap_run_task_loop(lua_State *L, int function, int handler, pmap_task_loop *loop);

#endif
