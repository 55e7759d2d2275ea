/* The guard, which kills the programs of a process that has ended, with everything that those have started. */
#ifndef PMAP_GUARD_H
#define PMAP_GUARD_H

#include <stddef.h>
#include <sys/types.h>

/* Kills these processes with their descendants. */
void pmap_kill_trees(const pid_t *roots, size_t count);

/* The entry for the number of a program that is about to start, which makes it end with this process; NULL when a guard
 * cannot be started. The number stays there until pmap_wait_program has reaped the program, or until 0 is written. */
volatile pid_t *pmap_guard_entry(void);

/* waitpid(2) for a program, whatever signals arrive; `options` may be WNOHANG. */
pid_t pmap_wait_program(pid_t pid, int *status, int options);

#endif
