/* Whole values to and from MessagePack: tables of tables of numbers, strings and booleans, as most of what is sent is. What
 * else there may be in a value (functions, metatables, tables met twice or known by a name) is given up here, and is
 * then Swift's matter, from that value's beginning: see Encoder.swift and Decoder.swift. */
#ifndef PMAP_VALUES_H
#define PMAP_VALUES_H

#include "bridge.h"

#include <stdint.h>

/* A slot of an open-addressing table by address; `number` is negative when it is free. */
typedef struct {
    uintptr_t identity;
    intptr_t number;
} pmap_identity;

/* Which of 2^(64 - shift) slots an address should be in. */
static inline size_t pmap_identity_place(uintptr_t identity, unsigned shift) {
    return (size_t)(((uint64_t)identity * 0x9e3779b97f4a7c15) >> shift);
}

/* A table met in the message with this number. */
typedef struct {
    uintptr_t identity;
    uint64_t message;
} pmap_met;

/* What packing takes: where to, the tables that travel by name, and those met in this message. */
typedef struct {
    unsigned char *next, *end;
    bool lacks_room; /* why a value was given up */
    const pmap_identity *named;
    unsigned named_shift;
    pmap_met *met;
    size_t slots, tables;
    uint64_t message;
} pmap_packer;

void pmap_packer_free(pmap_packer *packer);

/* Appends the value at `index`; false, and nothing appended, when it is given up. May raise. */
bool pmap_pack(lua_State *L, int index, pmap_packer *packer);
/* The same under a protected call, for one value; and for list[place] … list[last], each a message: answers the place of
 * the one that was given up, or the one after the last. */
bool pmap_pack_value(lua_State *L, int index, pmap_packer *packer);
long long pmap_pack_each(lua_State *L, int list, long long place, long long last, pmap_packer *packer);

/* Stack: → the value that begins at `bytes`; how long it is, or 0 and nothing pushed when it is given up. */
size_t pmap_unpack(lua_State *L, const unsigned char *bytes, size_t size);
/* One after the other into list[place] … list[last]; answers the place of the one that was given up, or the one after the
 * last. */
long long pmap_unpack_each(lua_State *L, int list, long long place, long long last, const unsigned char *bytes, size_t size,
                           size_t *read);

/* Items of a pool's task through its function, one after the other. */
typedef struct {
    const unsigned char *next, *end; /* of the items */
    long long place, last;           /* of the next item, and of the last one */
    bool is_called;                  /* the function was called for the item at `place`, whose answer is not written */
    int results;                     /* that are asked for: 1, or all of them */
    pmap_packer *packer;
    unsigned char *output;
    /* Shared memory: items of the task begun, and results that are whole and how many bytes they have. */
    uint64_t *begun, *count, *bytes;
    long long task_first, results_first;
} pmap_task_run;

/* A module is about to be loaded: what a task returns after that is given up, as it may have a name. */
void pmap_note_load(void);

/* Locks that the running task has taken and not given back: unless it is none, what the task returns is given up. And how
 * many there were, which are forgotten. */
extern long long pmap_holdings;
static inline void pmap_note_holdings(long long more) { pmap_holdings += more; }
long long pmap_take_holdings(void);

/* Stack: → (nothing), or → the results that were given up, or → what the handler made of an error. Answers a Lua
 * status. All of it is one protected call. */
int pmap_run_task(lua_State *L, int function, int handler, pmap_task_run *run);

#endif
