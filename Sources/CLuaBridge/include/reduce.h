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
#include "values.h"

enum { pmap_partial_head = 24 };

/* How two values are joined: by the function at hand, or as that function would, in C. */
typedef enum { PMAP_JOIN_BY_CALL, PMAP_JOIN_BY_ADDING, PMAP_JOIN_LEAST, PMAP_JOIN_MOST } pmap_join_kind;

/* A value is in the table of values under its node's number, from 1. */
typedef struct {
    uint64_t first, last; /* items, from 1; 0 for a node that is free */
    uint32_t below;       /* the next lower one of the same key, or the next free one, or 0 */
} pmap_partial_node;

typedef struct {
    pmap_join_kind kind;
    bool has_keys;
    int lift; /* a function in the registry that values go through first, or 0 */
    /* Items from 1: others than start … end-1 may come before and behind, unless `end` is UINT64_MAX. */
    uint64_t start, end;
    int64_t nanoseconds; /* what one call may take; 0 for no limit */
    const char *seconds; /* the same, for the message */
    pmap_partial_node *nodes; /* to be freed by its owner */
    uint32_t capacity, used, free, top;
    const unsigned char *next, *bytes_end;
    uint64_t first, last; /* of the value at `next` that is left to Swift */
    struct { uint64_t first, last; } left, right; /* of the last call */
} pmap_reduction;

/* Tables and the function by which values are joined, one behind the other on the stack from `tables` on: values by node,
 * with keys the topmost node by key, and keys by node; and the function. */

/* Joins the partials from `next` on, as far as they are complete. Returns a Lua status; Stack: → message, with an error.
 * When it ends before `bytes_end`, the rest is incomplete; or, with `first` not 0, its value is left to Swift. */
int pmap_reduce(lua_State *L, int tables, int handler, pmap_reduction *reduction);

/* The same for the value on the stack, of the items `first` to `last`. Stack: value → */
int pmap_reduce_value(lua_State *L, int tables, int handler, pmap_reduction *reduction);

/* Joins what no other item can come between any more. */
int pmap_reduce_rest(lua_State *L, int tables, int handler, pmap_reduction *reduction);

/* What is done with a record before it is joined with others. */
typedef enum { PMAP_LIFT_NOTHING, PMAP_LIFT_NUMBER, PMAP_LIFT_ONE, PMAP_LIFT_CALL } pmap_lift_kind;

typedef struct {
    pmap_lift_kind lift;
    int function; /* a reference in the registry */
    bool has_keys;
} pmap_partial_writer;

/* Results as partials, where they are scalars; the `writer` of the loop is a pmap_partial_writer. */
bool pmap_append_partial(lua_State *L, int first, int last, pmap_item_loop *loop);

#endif
