/* An ordinary Lua error inside a task that takes too long; see interruption.h.
 *
 * The host condemns an item in the status page and sends a signal: the error is raised once, and the task may unwind. When
 * that takes too long as well, the host says so in the same way, and the error is raised at every instruction. Both mean
 * nothing unless the condemned item is still the one being run. */
#ifndef PMAP_TIMEOUT_H
#define PMAP_TIMEOUT_H

#include <stdint.h>

#include "interruption.h"

/* The signal the host sends. */
int pmap_timeout_signal(void);

/* From now on the signal stops the item that `condemned` names if it is the one in `current`, and insists on it if
 * `pressed` names it too. `seconds` is what the message says. */
void pmap_arm_timeout(
    lua_State *L, const uint64_t *current, const uint64_t *condemned, const uint64_t *pressed, const char *seconds);

/* In a process without a host: from now on the same error is raised in what pmap_begin_time and pmap_end_time are around,
 * after so many nanoseconds in which the process is not stopped, and half a second later wherever it goes. False when the
 * kernel has no timer. */
bool pmap_arm_time(lua_State *L);
void pmap_begin_time(int64_t nanoseconds, const char *seconds);
void pmap_end_time(void);

/* Whether what runs has had its time. */
bool pmap_timeout_struck(void);

#endif
