/* An ordinary Lua error that a signal requests, at no cost while none does.
 *
 * The signal's handler requests it; a hook on the main thread and on every coroutine that is running in it then raises it,
 * once, as soon as the script's own Lua runs: never in the middle of a module that is part of this program, which could be
 * left half done. A wait without a result raises it as well, by pmap_receive_interruption. When it is forced it is raised at
 * every instruction from then on, in modules too. */
#ifndef PMAP_INTERRUPTION_H
#define PMAP_INTERRUPTION_H

#include "bridge.h"

/* Replaces coroutine.resume, wrap and close by versions that track which coroutines are running: a hook on the main
 * thread does not stop a coroutine. Returns a Lua status; Stack: → message when it is not LUA_OK. */
int pmap_watch_coroutines(lua_State *L);

/* From now on an error with `text`, after the line where it is raised, can be requested, and is raised as long as
 * `is_wanted()`, which is called in the signal's handler too; NULL is always. `L` is the main thread. */
void pmap_arm_interruption(lua_State *L, const char *text, bool (*is_wanted)(void));

/* From now on SIGINT raises "interrupted!" in the script of this process. */
void pmap_arm_interrupts(lua_State *L);

/* Requests the error, or forces it; for a signal's handler. */
void pmap_interrupt(bool force);

/* Forces the error until the script has ended, whatever it catches; for a signal's handler. */
void pmap_abort_script(void);

/* The same as the last call of a C function, from the thread `L` on. */
int pmap_exit_script(lua_State *L);

/* Whether the error was requested and is still to be raised. */
bool pmap_is_interrupted(void);

/* For a wait: the message to be raised, which counts as raised in the thread `L` now; or NULL. */
const char *pmap_receive_interruption(lua_State *L);

typedef enum { PMAP_NOT_INTERRUPTED, PMAP_INTERRUPTED, PMAP_ABORTED } pmap_interruption;

/* Cancels the request, and the hook; cheap when there was none. When it was raised, `line` is the script's line where it was
 * raised first, "lengths.lua:9" or "". Stack: → traceback of it or nil, when it was raised */
pmap_interruption pmap_end_interruption(lua_State *L, const char **line);

/* `call` is called with `context` at the next step of the main thread `L`, or of a coroutine in it, after pmap_step, which a
 * signal handler may call. It raises nothing. */
void pmap_at_step(lua_State *L, void (*call)(void *), void *context);
void pmap_step(void);

#endif
