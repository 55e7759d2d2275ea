/* The allocator of a Lua state: size classes in chunks, large blocks in mappings of their own. */
#include "heap.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocks.h"
#include "poison.h"

/* Blocks up to `largest_class` live in chunks, larger ones are mappings of their own (blocks.h). Lua passes the size
 * of what it frees, so blocks in a chunk have no header. */
enum {
    chunk_size = 1 << 20,
    least_cache = 64 << 20,
    fine_step = 16,
    fine_limit = 512,
    fine_classes = fine_limit / fine_step,
    largest_class = 256 << 10,
    coarse_doublings = 9, /* 512 … 256 KB */
    classes = fine_classes + 4 * coarse_doublings
};

/* At the start of each chunk, found by rounding an address down. */
typedef struct {
    uint64_t epoch;
    uint64_t padding;
} chunk_header;

typedef struct slab {
    struct slab *next;
    size_t size;
} slab;

struct pmap_heap {
    uint64_t epoch;
    char *bump, *bump_end;   /* what is left of the current chunk */
    char *spare, *spare_end; /* chunks mapped and not yet used */
    size_t mapped;
    slab *slabs;
    pmap_blocks large;
    size_t used, limit, refusals, resizes;
    bool frozen, fallible;
    void *free[classes];
};

static int class_of(size_t size) {
    if (size <= fine_limit) return (int)((size + fine_step - 1) / fine_step) - 1;
    int doubling = 63 - __builtin_clzll(size - 1); /* 2^doubling < size <= 2^(doubling + 1) */
    int quarter = (int)((size - 1) >> (doubling - 2)) & 3;
    return fine_classes + (doubling - 9) * 4 + quarter;
}

static size_t size_of_class(int class) {
    if (class < fine_classes) return (size_t)(class + 1) * fine_step;
    int doubling = (class - fine_classes) / 4 + 9, quarter = (class - fine_classes) % 4;
    return ((size_t)1 << doubling) + (size_t)(quarter + 1) * ((size_t)1 << (doubling - 2));
}

pmap_heap *pmap_heap_create(void) {
    return pmap_map(sizeof(pmap_heap));
}

void pmap_heap_destroy(pmap_heap *heap) {
    pmap_blocks_freeze(&heap->large);
    for (slab *each = heap->slabs, *next; each; each = next) {
        next = each->next;
        unpoison(each, each->size);
        munmap(each, each->size);
    }
    munmap(heap, sizeof *heap);
}

/* Slabs grow with the heap, so that a gigabyte is tens of mappings and a small script one. The slab's own
 * header is in the unaligned space in front of its first chunk. */
static bool map_slab(pmap_heap *heap) {
    size_t size = heap->mapped / 4;
    if (size < chunk_size) size = chunk_size;
    if (size > 64 * (size_t)chunk_size) size = 64 * (size_t)chunk_size;
    size = (size & ~(size_t)(chunk_size - 1)) + chunk_size;
    slab *new = pmap_map(size);
    if (!new) return false;
    if (!heap->frozen) pmap_advise_huge_pages(new, size);
    new->next = heap->slabs;
    new->size = size;
    heap->slabs = new;
    heap->mapped += size;
    heap->spare = (char *)(((uintptr_t)new + sizeof(slab) + chunk_size - 1) & ~(uintptr_t)(chunk_size - 1));
    heap->spare_end = (char *)(((uintptr_t)new + size) & ~(uintptr_t)(chunk_size - 1));
    return true;
}

static void push_free(pmap_heap *heap, int class, void *block) {
    unpoison(block, sizeof(void *));
    *(void **)block = heap->free[class];
    heap->free[class] = block;
    poison(block, size_of_class(class));
}

static bool begin_chunk(pmap_heap *heap) {
    if (heap->spare == heap->spare_end && !map_slab(heap)) return false;
    for (size_t rest; (rest = (size_t)(heap->bump_end - heap->bump)) >= fine_step;) {
        int class = class_of(rest);
        if (size_of_class(class) > rest) class--;
        push_free(heap, class, heap->bump);
        heap->bump += size_of_class(class);
    }
    ((chunk_header *)heap->spare)->epoch = heap->epoch;
    heap->bump = heap->spare + sizeof(chunk_header);
    heap->bump_end = heap->spare += chunk_size;
    poison(heap->bump, (size_t)(heap->bump_end - heap->bump));
    return true;
}

static void *allocate(pmap_heap *heap, size_t size) {
    if (size > largest_class) return pmap_blocks_allocate(&heap->large, size);
    int class = class_of(size);
    void *block = heap->free[class];
    if (block) {
        unpoison(block, sizeof(void *));
        heap->free[class] = *(void **)block;
        poison(block, sizeof(void *));
        unpoison(block, size);
        return block;
    }
    size_t whole = size_of_class(class);
    if ((size_t)(heap->bump_end - heap->bump) < whole && !begin_chunk(heap)) return NULL;
    block = heap->bump;
    heap->bump += whole;
    unpoison(block, size);
    return block;
}

static bool is_frozen(const pmap_heap *heap, const void *block, size_t size) {
    if (!heap->frozen || size > largest_class) return false;
    return ((const chunk_header *)((uintptr_t)block & ~(uintptr_t)(chunk_size - 1)))->epoch != heap->epoch;
}

/* Bytes of released large blocks that are cached. */
static size_t cache_limit(const pmap_heap *heap) { return heap->used / 2 > least_cache ? heap->used / 2 : least_cache; }

static void release(pmap_heap *heap, void *block, size_t size) {
    if (is_frozen(heap, block, size)) return;
    heap->used -= size < heap->used ? size : heap->used;
    if (size > largest_class) pmap_blocks_release(&heap->large, block, cache_limit(heap));
    else push_free(heap, class_of(size), block);
}

static void *out_of_memory(const pmap_heap *heap, size_t size) {
    if (heap->fallible) return NULL;
    char line[96];
    int length = snprintf(line, sizeof line, "pmap: the machine has no memory for %zu more bytes\n", size);
    ssize_t ignored = write(2, line, (size_t)length);
    (void)ignored;
    _exit(3);
}

static void *resize(pmap_heap *heap, void *block, size_t old_size, size_t new_size) {
    heap->resizes++;
    if (old_size > largest_class && new_size > largest_class) {
        void *moved = pmap_blocks_resize(&heap->large, block, new_size);
        if (!moved) return out_of_memory(heap, new_size);
        heap->used = heap->used + new_size > old_size ? heap->used + new_size - old_size : 0;
        return moved;
    }
    bool same_class = old_size <= largest_class && new_size <= largest_class && class_of(old_size) == class_of(new_size);
    if (same_class) {
        if (!is_frozen(heap, block, old_size)) heap->used += new_size - old_size;
        if (new_size < old_size) poison((char *)block + new_size, old_size - new_size);
        else unpoison(block, new_size);
        return block;
    }
    void *moved = allocate(heap, new_size);
    if (!moved) return out_of_memory(heap, new_size);
    heap->used += new_size;
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    release(heap, block, old_size);
    return moved;
}

void *pmap_heap_allocate(void *pointer, void *block, size_t old_size, size_t new_size) {
    pmap_heap *heap = pointer;
    if (new_size == 0) {
        if (block) release(heap, block, old_size);
        return NULL;
    }
    if (!block) old_size = 0; /* for a new block Lua passes the kind of object here */
    if (heap->limit && heap->fallible && new_size > old_size && heap->used + (new_size - old_size) > heap->limit) {
        heap->refusals++;
        return NULL;
    }
    if (block) return resize(heap, block, old_size, new_size);
    block = allocate(heap, new_size);
    if (!block) return out_of_memory(heap, new_size);
    heap->used += new_size;
    return block;
}

void pmap_heap_freeze(pmap_heap *heap) {
    heap->frozen = true;
    heap->epoch++;
    heap->bump = heap->bump_end = heap->spare = heap->spare_end = NULL;
    heap->used = 0;
    pmap_blocks_freeze(&heap->large);
    memset(heap->free, 0, sizeof heap->free);
}

void pmap_heap_set_limit(pmap_heap *heap, size_t bytes) { heap->limit = bytes; }
size_t pmap_heap_used(const pmap_heap *heap) { return heap->used; }
size_t pmap_heap_refusals(const pmap_heap *heap) { return heap->refusals; }
size_t pmap_heap_resizes(const pmap_heap *heap) { return heap->resizes; }

bool pmap_heap_set_fallible(pmap_heap *heap, bool fallible) {
    bool before = heap->fallible;
    heap->fallible = fallible;
    return before;
}
