#define _GNU_SOURCE
#include "blocks.h"

#include <sys/mman.h>

#include "hidden.h"

enum { huge = 8 << 20, page = 4096, most_kept = 64 };

/* In front of what a block holds. */
struct pmap_block {
    size_t length; /* of the mapping */
    uint64_t freezes; /* that there had been when it was made */
    pmap_block *next; /* of those that are kept */
    uint64_t padding;
};

void *pmap_map(size_t size) {
    void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

/* A fork copies an entry for each page, and the end of the child takes it back: with pages of 2 MB, where the kernel has
 * some, a gigabyte is 500 of them and not 260,000. A child that writes to one gets 4 KB of it for itself. But zeroing
 * such a page takes longer than 512 small ones, each when it is about to be written: only what has grown has them, which
 * is a table, and not a string. */
void pmap_want_huge_pages(void *memory, size_t size) {
    if (size >= huge) madvise(memory, size, MADV_HUGEPAGE);
}

static size_t length_for(size_t size) { return (size + sizeof(pmap_block) + page - 1) & ~(size_t)(page - 1); }

static void unmap(pmap_block *block) {
    size_t length = block->length;
    show(block, length);
    munmap(block, length);
}

/* The smallest that is long enough, but not twice as long. */
static pmap_block **best_kept(pmap_blocks *blocks, size_t length) {
    pmap_block **best = NULL;
    for (pmap_block **each = &blocks->kept; *each; each = &(*each)->next) {
        if ((*each)->length < length || (*each)->length / 2 >= length) continue;
        if (!best || (*each)->length < (*best)->length) best = each;
    }
    return best;
}

/* Those that were given back earliest go first. */
static void keep_at_most(pmap_blocks *blocks, size_t bytes) {
    size_t kept = 0;
    int count = 0;
    for (pmap_block **each = &blocks->kept; *each;) {
        pmap_block *block = *each;
        if (kept + block->length <= bytes && count < most_kept) {
            kept += block->length;
            count++;
            each = &block->next;
        } else {
            *each = block->next;
            unmap(block);
        }
    }
    blocks->kept_bytes = kept;
    blocks->kept_count = count;
}

void *pmap_blocks_take(pmap_blocks *blocks, size_t size) {
    size_t length = length_for(size);
    pmap_block **kept = best_kept(blocks, length), *block;
    if (kept) {
        block = *kept;
        *kept = block->next;
        blocks->kept_bytes -= block->length;
        blocks->kept_count--;
        show(block, block->length);
        return block + 1;
    }
    block = pmap_map(length);
    if (!block) {
        keep_at_most(blocks, 0); /* it may be what is missing */
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
        keep_at_most(blocks, 0);
        moved = mremap(block, block->length, length, MREMAP_MAYMOVE);
    }
    if (moved == MAP_FAILED) return NULL;
    moved->length = length;
    if (!blocks->freezes) pmap_want_huge_pages(moved, length);
    return moved + 1;
}

void pmap_blocks_give(pmap_blocks *blocks, void *pointer, size_t keep) {
    pmap_block *block = (pmap_block *)pointer - 1;
    if (block->freezes != blocks->freezes) return unmap(block);
    hide(block + 1, block->length - sizeof *block);
    block->next = blocks->kept;
    blocks->kept = block;
    blocks->kept_bytes += block->length;
    blocks->kept_count++;
    if (blocks->kept_bytes > keep || blocks->kept_count > most_kept) keep_at_most(blocks, keep);
}

void pmap_blocks_freeze(pmap_blocks *blocks) {
    keep_at_most(blocks, 0);
    blocks->freezes++;
}
