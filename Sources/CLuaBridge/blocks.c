/* Large blocks by mmap(2), with a cache of released ones. */
#define _GNU_SOURCE
#include "blocks.h"

#include <sys/mman.h>

#include "poison.h"

enum { huge = 8 << 20, page = 4096, most_cached = 64 };

/* A block's header, in front of its bytes. */
struct pmap_block {
    size_t length; /* of the mapping */
    uint64_t freezes; /* so far, when it was mapped */
    pmap_block *next; /* in the cache */
    uint64_t padding;
};

void *pmap_map(size_t size) {
    void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

/* A fork copies an entry for each page, and the end of the child frees it: with pages of 2 MB, where the kernel has
 * some, a gigabyte is 500 of them and not 260,000. A child that writes to one gets 4 KB of it for itself. But zeroing
 * such a page takes longer than zeroing 512 small ones, each just before it is written: only blocks that have grown get
 * them, which are tables, and not strings. */
void pmap_advise_huge_pages(void *memory, size_t size) {
    if (size >= huge) madvise(memory, size, MADV_HUGEPAGE);
}

static size_t length_for(size_t size) { return (size + sizeof(pmap_block) + page - 1) & ~(size_t)(page - 1); }

static void unmap(pmap_block *block) {
    size_t length = block->length;
    unpoison(block, length);
    munmap(block, length);
}

/* The smallest cached block that is long enough, but not twice as long. */
static pmap_block **best_fit(pmap_blocks *blocks, size_t length) {
    pmap_block **best = NULL;
    for (pmap_block **each = &blocks->cached; *each; each = &(*each)->next) {
        if ((*each)->length < length || (*each)->length / 2 >= length) continue;
        if (!best || (*each)->length < (*best)->length) best = each;
    }
    return best;
}

/* The blocks released earliest are unmapped first. */
static void trim_cache(pmap_blocks *blocks, size_t bytes) {
    size_t total = 0;
    int count = 0;
    for (pmap_block **each = &blocks->cached; *each;) {
        pmap_block *block = *each;
        if (total + block->length <= bytes && count < most_cached) {
            total += block->length;
            count++;
            each = &block->next;
        } else {
            *each = block->next;
            unmap(block);
        }
    }
    blocks->cached_bytes = total;
    blocks->cached_count = count;
}

void *pmap_blocks_allocate(pmap_blocks *blocks, size_t size) {
    size_t length = length_for(size);
    pmap_block **fit = best_fit(blocks, length), *block;
    if (fit) {
        block = *fit;
        *fit = block->next;
        blocks->cached_bytes -= block->length;
        blocks->cached_count--;
        unpoison(block, block->length);
        return block + 1;
    }
    block = pmap_map(length);
    if (!block) {
        trim_cache(blocks, 0); /* its memory may be enough */
        block = pmap_map(length);
    }
    if (!block) return NULL;
    *block = (pmap_block){length, blocks->freezes};
    return block + 1;
}

void *pmap_blocks_resize(pmap_blocks *blocks, void *pointer, size_t size) {
    pmap_block *block = (pmap_block *)pointer - 1;
    size_t length = length_for(size);
    if (length == block->length) return pointer;
    pmap_block *moved = mremap(block, block->length, length, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) {
        trim_cache(blocks, 0);
        moved = mremap(block, block->length, length, MREMAP_MAYMOVE);
    }
    if (moved == MAP_FAILED) return NULL;
    moved->length = length;
    if (!blocks->freezes) pmap_advise_huge_pages(moved, length);
    return moved + 1;
}

void pmap_blocks_release(pmap_blocks *blocks, void *pointer, size_t cache_limit) {
    pmap_block *block = (pmap_block *)pointer - 1;
    if (block->freezes != blocks->freezes) return unmap(block);
    poison(block + 1, block->length - sizeof *block);
    block->next = blocks->cached;
    blocks->cached = block;
    blocks->cached_bytes += block->length;
    blocks->cached_count++;
    if (blocks->cached_bytes > cache_limit || blocks->cached_count > most_cached) trim_cache(blocks, cache_limit);
}

void pmap_blocks_freeze(pmap_blocks *blocks) {
    trim_cache(blocks, 0);
    blocks->freezes++;
}
