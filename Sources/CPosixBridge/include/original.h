/* Whether this process is the one that runs items, or a copy that something in an item has forked.
 *
 * A copy would go on where its original is: with the pipes and the memory that the original tells the host by. The mark lies
 * in a page that the kernel zeroes in every copy (MADV_WIPEONFORK), whoever has made it: asking costs one load. */
#ifndef PMAP_ORIGINAL_H
#define PMAP_ORIGINAL_H

#include <stdbool.h>

extern const volatile int *pmap_original_mark;

/* From now on copies of this process are known as such. */
void pmap_be_original(void);

static inline bool pmap_is_original(void) { return *pmap_original_mark; }

/* What pmap_fork has done: no stream of the copy holds what its original will write, too. */
void pmap_note_flushed_copy(void);

/* Ends this process, which is a copy that has come back from `what`; says so on standard error. */
_Noreturn void pmap_leave_as_copy(const char *what);

#endif
