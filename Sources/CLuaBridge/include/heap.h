/* The heap of one Lua state: a size-class allocator that can be frozen.
 *
 * Before the freeze it reuses freed blocks. `pmap_heap_freeze` abandons its free lists and moves all
 * further allocation to new pages; from then on a freed or outgrown old block is simply left alone, so a
 * forked worker never writes to a page it shares with its siblings on the allocator's account.
 * An allocation fails only beyond the limit or without memory, and only while script code runs. */
#ifndef PMAP_HEAP_H
#define PMAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pmap_heap pmap_heap;

pmap_heap *pmap_heap_create(void);
void pmap_heap_destroy(pmap_heap *heap);

/* A lua_Alloc; `heap` is a pmap_heap. */
void *pmap_heap_allocate(void *heap, void *block, size_t old_size, size_t new_size);

void pmap_heap_freeze(pmap_heap *heap);

/* Bytes that script code may hold beyond what was frozen; 0 lifts the limit. */
void pmap_heap_set_limit(pmap_heap *heap, size_t bytes);

/* Bytes allocated and not freed since the freeze, or since the start. */
size_t pmap_heap_used(const pmap_heap *heap);

/* How often the limit has refused an allocation. */
size_t pmap_heap_refusals(const pmap_heap *heap);

/* How often a block was resized, which shows when Lua's string table has grown. */
size_t pmap_heap_resizes(const pmap_heap *heap);

/* Sets whether an allocation may fail, which raises "not enough memory" in Lua; returns what was set before. Only while
 * script code runs: with a Swift frame on the stack Lua's longjmp must not happen, and the process ends instead. */
bool pmap_heap_set_fallible(pmap_heap *heap, bool fallible);

#endif
