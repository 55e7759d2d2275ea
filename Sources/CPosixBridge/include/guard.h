/* What ends the programs of a process that has ended, with everything that those have started. */
#ifndef PMAP_GUARD_H
#define PMAP_GUARD_H

#include <stddef.h>
#include <sys/types.h>

/* Kills these processes with their descendants. */
void pmap_kill_trees(const pid_t *roots, size_t count);

/* Where the number of a program that is about to start is to be written, for it to end with this process; NULL when
 * there is no guard to be had. It stays there until pmap_wait_program has told of its end, or until 0 is written. */
volatile pid_t *pmap_guard_place(void);

/* waitpid(2) for a program, whatever signals arrive; `options` may be WNOHANG. */
pid_t pmap_wait_program(pid_t pid, int *status, int options);

#endif
