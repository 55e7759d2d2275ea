/* The original, which is the process that runs items, and its copies, which an item has forked.
 *
 * A copy that comes back from an item would go on as its original, with the same pipes and shared memory. The mark of the
 * original lies in a page that the kernel zeroes in every copy (MADV_WIPEONFORK): a check costs one load. */
#ifndef PMAP_ORIGINAL_H
#define PMAP_ORIGINAL_H

#include <stdbool.h>

extern const volatile int *pmap_original_mark;

/* Marks this process as an original. */
void pmap_be_original(void);

static inline bool pmap_is_original(void) { return *pmap_original_mark; }

/* Called by pmap_fork: the streams were flushed, so that no stream of the copy has bytes that its original will write. */
void pmap_note_flushed_copy(void);

/* Ends this process, which is a copy that has come back from `what`, with a line on standard error. */
_Noreturn void pmap_leave_as_copy(const char *what);

#endif
