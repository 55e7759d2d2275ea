/* Partial results, joined by the numbers of their items alone, so that the grouping does not depend on how items were
 * chunked: neighbours are joined first, then pairs of neighbours, and so on, as in a binary tree over all numbers.
 *
 *     partial   first item u64 · last item u64 · bytes of the value u64 · the value as MessagePack; with keys a list of
 *               key and value
 *
 * Two neighbours belong to the smallest aligned block of 2^n numbers that has both; they are joined when all that is in it
 * is known. Partials of one and the same item are joined in the order in which they come. */
#ifndef PMAP_REDUCE_H
#define PMAP_REDUCE_H

#include "item.h"
#include "reducers.h"
#include "values.h"

enum { pmap_partial_head = 24 };

/* A value is here as states, in C, or else in the table of values under its node's number, from 1. */
typedef struct {
    uint64_t first, last; /* items, from 1; 0 for a node that is free */
    uint32_t below;       /* the next lower one of the same key, or the next free one, or 0 */
    uint32_t key;
} pmap_partial_node;

/* A key is its bytes: of numbers with the same value those of the integer, if there is one. */
typedef struct {
    size_t start;
    uint32_t length;
    uint32_t top; /* its topmost node */
    uint64_t hash;
} pmap_partial_key;

typedef struct {
    pmap_reducers reducers; /* which join in C; none where the function at hand does */
    bool has_keys;
    int lift; /* a function in the registry that values go through first, or 0 */
    /* Items from 1: others than start … end-1 may come before and behind, unless `end` is UINT64_MAX. */
    uint64_t start, end;
    size_t most_bytes; /* what all this may take; 0 for no limit */
    size_t heap;       /* of that is not what Lua's heap has besides */
    bool is_full;      /* it takes more, and what comes next is of later items than all that is here */
    uint64_t newest;   /* the last item that is here */
    int64_t nanoseconds; /* what one call may take; 0 for no limit */
    const char *seconds; /* the same, for the message */
    pmap_partial_node *nodes;
    pmap_number *numbers; /* of each node as many as its states have; those of 0 are the value that comes next */
    uint32_t capacity, used, free, top;
    pmap_partial_key *keys;
    uint32_t key_capacity, key_count;
    uint32_t *cells; /* an open-addressing table of keys, from 1; 0 is free */
    uint32_t cell_count;
    unsigned char *text; /* the bytes of all keys */
    size_t text_size, text_capacity;
    const unsigned char *next, *bytes_end;
    uint64_t first, last; /* of the value at `next` that is left to Swift */
    struct { uint64_t first, last; } left, right; /* of the last call */
    uint32_t key;                                 /* of the same */
} pmap_reduction;

void pmap_reduction_free(const pmap_reduction *reduction);

/* Forgets all partials and keys; the table of values is the caller's. */
void pmap_reduction_clear(pmap_reduction *reduction);

/* The bytes that all this takes; with garbage, where that was not collected. */
size_t pmap_reduction_size(lua_State *L, const pmap_reduction *reduction);

/* On the stack from `tables` on are the table of values and the function by which they are joined.
 *
 * Joins the partials from `next` on, as far as they are complete. Returns a Lua status; Stack: → message, with an error.
 * When it ends before `bytes_end`, the rest is incomplete; or, with `first` not 0, its value is left to Swift; or it is full. */
int pmap_reduce(lua_State *L, int tables, int handler, pmap_reduction *reduction);

/* The same for the value on the stack, of the items `first` to `last`; with keys it is a list of key and value, and `next` is
 * where that begins. Stack: value → */
int pmap_reduce_value(lua_State *L, int tables, int handler, pmap_reduction *reduction);

/* Joins what no other item can come between any more. */
int pmap_reduce_rest(lua_State *L, int tables, int handler, pmap_reduction *reduction);

/* Stack: → the value of a node; the table of values is at `tables` */
void pmap_push_node(lua_State *L, int tables, const pmap_reduction *reduction, uint32_t node);

/* Writes the states of a node as MessagePack; returns the end, at most pmap_most_states_bytes behind `out`. */
unsigned char *pmap_put_node(const pmap_reduction *reduction, uint32_t node, unsigned char *out);

/* Stack: → a key */
void pmap_push_joined_key(lua_State *L, const pmap_reduction *reduction, uint32_t key);

/* The order of keys: false and true, numbers by value, strings by their bytes. Less than 0 where the left one is first. */
int pmap_compare_keys(const unsigned char *left, size_t left_length, const unsigned char *right, size_t right_length);

/* Puts the keys in their order; nothing can be added any more. */
void pmap_sort_keys(pmap_reduction *reduction);

/* Returns the length of the key that a partial's value begins with. */
size_t pmap_key_length(const unsigned char *value, size_t size);

/* What is done with a record before it is joined with others. */
typedef enum { PMAP_LIFT_NOTHING, PMAP_LIFT_NUMBER, PMAP_LIFT_ONE, PMAP_LIFT_CALL } pmap_lift_kind;

typedef struct {
    pmap_lift_kind lift;
    int function; /* a reference in the registry */
    bool has_keys;
    pmap_reducers reducers; /* as in a reduction */
} pmap_partial_writer;

/* Stack: results → the one result. Nil and a string is a failure, as of a task. */
void pmap_check_one_result(lua_State *L, int below, const char *name, const char *advice);

/* Results as partials, where they are scalars; the `writer` of the loop is a pmap_partial_writer. */
bool pmap_append_partial(lua_State *L, int first, int last, pmap_item_loop *loop);

/* Parts of a record as a partial, where those that are to be numbers are plain decimals. */
bool pmap_append_parts_partial(pmap_item_loop *loop, const pmap_part *parts, int count);

#endif
