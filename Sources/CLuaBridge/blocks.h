/* Large blocks of a Lua heap: each a mapping of its own, which a forked child can unmap or move without writing to its
 * bytes. Some released blocks are cached: new memory is zeroed by the kernel, and on a virtual machine perhaps fetched from
 * the host, which takes longer than most of what is done with it. */
#ifndef PMAP_BLOCKS_H
#define PMAP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pmap_block pmap_block;

typedef struct {
    pmap_block *cached; /* a list, from the one released last */
    size_t cached_bytes;
    int cached_count;
    uint64_t freezes; /* blocks from before the last one are not cached */
} pmap_blocks;

/* Both return NULL when there is no memory. */
void *pmap_blocks_allocate(pmap_blocks *blocks, size_t size);
void *pmap_blocks_resize(pmap_blocks *blocks, void *block, size_t size);

/* Caches the block, and at most `cache_limit` bytes in all: older blocks are unmapped first. */
void pmap_blocks_release(pmap_blocks *blocks, void *block, size_t cache_limit);

/* The blocks so far will be shared with other processes; later ones are this process's own, and take no more pages than
 * they must. */
void pmap_blocks_freeze(pmap_blocks *blocks);

/* Asks for huge pages in long mappings, where a fork costs less, and the first touch of each byte as well. */
void pmap_advise_huge_pages(void *memory, size_t size);
void *pmap_map(size_t size);

#endif
