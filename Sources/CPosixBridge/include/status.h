/* A worker's status page: words in memory shared with the host, with the item being run and the committed length of the
 * outbox, valid at any moment and after any death. One process stores a word and another loads it; a store is visible only
 * after everything stored before it. In Swift they are Wire/StatusWords.swift. */
#ifndef PMAP_STATUS_H
#define PMAP_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* When an item ran: nanoseconds of the monotonic clock, and what it took; and the bytes of its records. */
typedef struct {
    uint64_t start, nanoseconds, bytes;
} pmap_item_time;

/* Items of one batch whose times are kept. */
enum { pmap_times = 1 << 14 };

typedef struct {
    /* The number of the item being run, from 1; 0 before the first. */
    uint64_t current;
    /* Items in the open batch (upper half) and its finished bytes (lower half), as one word so that they agree. */
    uint64_t committed;
    /* Which batch is open, from 1. */
    uint64_t batch;
    /* How far the worker is from its start to its end. */
    uint64_t phase;
    /* Not 0 while a batch is being sent: the running item waits for the host, and its time does not count. */
    uint64_t sending;
    /* Set by the host: the number of an item that has had its time, and of one that has had its time to unwind as well. */
    uint64_t overdue, forced;
    /* Set by the host: one more than the items that may be begun in all, as `Outbox.beginChunk` counts them; 0 is no limit. */
    uint64_t limit;
    /* Where somebody listens: of the items of the open batch, and the running one. */
    pmap_item_time times[pmap_times + 1];
} pmap_status;

static inline uint64_t pmap_load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void pmap_store(uint64_t *word, uint64_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }

static inline void pmap_commit(pmap_status *status, uint64_t items, uint64_t bytes) {
    pmap_store(&status->committed, items << 32 | bytes);
}
static inline uint64_t pmap_committed_items(uint64_t committed) { return committed >> 32; }
static inline uint64_t pmap_committed_bytes(uint64_t committed) { return committed & 0xffffffff; }

static inline void pmap_limit(pmap_status *status, uint64_t items) { pmap_store(&status->limit, items + 1); }

/* Whether the host has stopped the worker before the next item. */
static inline bool pmap_is_stopped(const pmap_status *status, uint64_t begun) {
    uint64_t limit = pmap_load(&status->limit);
    return limit && begun + 1 >= limit;
}

/* Whether the item may be begun, and counts it. If the host has stopped the worker before it, the status is as before.
 *
 * The host stores the limit first and then reads the current item: one of the two sees the other. The fence is for the
 * compiler only: the host makes every processor keep the order, by membarrier(2), in the rare case that it matters. */
static inline bool pmap_may_begin(pmap_status *status, uint64_t item, uint64_t *begun) {
    uint64_t before = status->current;
    pmap_store(&status->current, item);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (pmap_is_stopped(status, *begun)) {
        pmap_store(&status->current, before);
        return false;
    }
    ++*begun;
    return true;
}

/* Whether the running item is the one in `word`: `overdue` or `forced`. */
static inline bool pmap_is_running(const pmap_status *status, const uint64_t *word) {
    uint64_t item = pmap_load(word);
    return item && item == pmap_load(&status->current);
}

static inline uint64_t pmap_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* For Swift, which has no arrays of that size. */
static inline pmap_item_time *pmap_item_times(pmap_status *status) { return status->times; }

/* The item at `place` of the open batch ends, and perhaps the next one begins. */
static inline void pmap_end_item_time(pmap_status *status, uint64_t place, uint64_t bytes) {
    pmap_item_time *time = &status->times[place];
    uint64_t now = pmap_now();
    time->nanoseconds = now - time->start;
    time->bytes = bytes;
    time[1].start = now;
}

#endif
