/* An ordinary Lua error inside a task that takes too long; see interruption.h.
 *
 * The host marks an item as overdue in the status page and sends a signal: the error is raised once, and the task may
 * unwind. When that takes too long as well, the host marks the item as forced and sends the signal again: the error is
 * forced. Neither has an effect unless that item is still being run. */
#ifndef PMAP_TIMEOUT_H
#define PMAP_TIMEOUT_H

#include "interruption.h"
#include "status.h"

/* The signal the host sends. */
int pmap_timeout_signal(void);

/* From now on the signal interrupts the running item if it is overdue, and forces that if it is forced, too. `seconds` is
 * for the message. */
void pmap_arm_timeout(lua_State *L, const pmap_status *status, const char *seconds);

/* In a process without a host: from now on the same error is raised between pmap_begin_time and pmap_end_time, after so many
 * nanoseconds in which the process is not stopped, and forced half a second later. False when the kernel has no timer. */
bool pmap_arm_time(lua_State *L);
/* From now on a call that has not ended a second after that ends this process and its group, with a mark in `status`. */
void pmap_kill_late(pmap_status *status);
void pmap_begin_time(int64_t nanoseconds, const char *seconds);
void pmap_end_time(void);

/* The time in between does not count. */
void pmap_pause_time(void);
void pmap_resume_time(void);

/* In a process with a host: the limits in between are those of pmap_begin_time, and not the host's. */
void pmap_begin_own_time(void);
void pmap_end_own_time(void);

/* Whether the running item has reached its time limit. */
bool pmap_has_timed_out(void);

#endif
