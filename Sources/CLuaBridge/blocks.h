/* Large blocks of a Lua heap: each a mapping of its own, which a forked child can unmap or move without writing to what is
 * in it. Some of those that are given back are kept for use again: new memory is zeroed by the kernel, and on a virtual
 * machine perhaps fetched from the host, which takes longer than most that is done with it. */
#ifndef PMAP_BLOCKS_H
#define PMAP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pmap_block pmap_block;

typedef struct {
    pmap_block *kept; /* the one given back last, and so on */
    size_t kept_bytes;
    int kept_count;
    uint64_t freezes; /* blocks from before the last one are not used again */
} pmap_blocks;

/* NULL when there is no memory. */
void *pmap_blocks_take(pmap_blocks *blocks, size_t size);
void *pmap_blocks_resize(pmap_blocks *blocks, void *block, size_t size);

/* Keeps at most `keep` bytes for use again, this block's first. */
void pmap_blocks_give(pmap_blocks *blocks, void *block, size_t keep);

/* What is there will be shared with other processes; what comes is this one's own, and takes no more pages than it must. */
void pmap_blocks_freeze(pmap_blocks *blocks);

/* Memory in which a fork costs less, and the first touch of each byte as well. */
void pmap_want_huge_pages(void *memory, size_t size);
void *pmap_map(size_t size);

#endif
