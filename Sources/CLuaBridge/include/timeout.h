/* An ordinary Lua error inside a task that takes too long, at no cost while nothing does.
 *
 * The host condemns an item in the status page and sends a signal; the handler sets a hook on the main
 * thread and on every coroutine that is running in it, and the hook raises until the task has returned.
 * Handler and hook do nothing unless the condemned item is still the one being run. */
#ifndef PMAP_TIMEOUT_H
#define PMAP_TIMEOUT_H

#include <stdint.h>

#include "bridge.h"

/* The signal the host sends. */
int pmap_timeout_signal(void);

/* Replaces coroutine.resume and coroutine.wrap by versions that keep note of which coroutines are running: a hook on
 * the main thread does not stop a coroutine. Answers a Lua status; Stack: → message when it is not LUA_OK. */
int pmap_watch_coroutines(lua_State *L);

/* From now on the signal stops the item that `condemned` names if it is the one in `current`. `seconds` is
 * what the message says. */
void pmap_arm_timeout(lua_State *L, const uint64_t *current, const uint64_t *condemned, const char *seconds);

/* Whether the item that runs is to be stopped: its thread's next step in Lua raises. */
bool pmap_timeout_struck(void);

/* Takes the hook away again; cheap when there is none. */
void pmap_disarm_timeout(lua_State *L);

#endif
