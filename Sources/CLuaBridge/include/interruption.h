/* An ordinary Lua error that a signal asks for, at no cost while none does.
 *
 * The signal's handler asks; a hook on the main thread and on every coroutine that is running in it then raises, once, as
 * soon as it is the script's own Lua that runs: never in the middle of a module that is part of this program, which could
 * be left half done. A wait that has nothing to show raises it as well, by pmap_take_interruption. Whoever insists has it
 * raised at every instruction from then on, in modules too. */
#ifndef PMAP_INTERRUPTION_H
#define PMAP_INTERRUPTION_H

#include "bridge.h"

/* Replaces coroutine.resume, wrap and close by versions that keep note of which coroutines are running: a hook on the main
 * thread does not stop a coroutine. Answers a Lua status; Stack: → message when it is not LUA_OK. */
int pmap_watch_coroutines(lua_State *L);

/* From now on an error that says `text`, behind where it is raised, can be asked for, and is raised as long as
 * `is_wanted()`, which is called in the signal's handler too; NULL is always. `L` is the main thread. */
void pmap_arm_interruption(lua_State *L, const char *text, bool (*is_wanted)(void));

/* From now on SIGINT raises "interrupted!" in the script of this process. */
void pmap_arm_interrupts(lua_State *L);

/* In a signal's handler: asks, or insists. */
void pmap_interrupt(bool insists);

/* In a signal's handler: the script is to be left, whatever it catches. */
void pmap_give_up(void);

/* As the end of a C function: the same, from the thread `L` on. */
int pmap_leave_script(lua_State *L);

/* Whether the error has been asked for and is still to be raised. */
bool pmap_is_interrupted(void);

/* For a wait: what is to be raised, which counts as raised in the thread `L` now; or NULL. */
const char *pmap_take_interruption(lua_State *L);

typedef enum { PMAP_WAS_CALM, PMAP_WAS_RAISED, PMAP_WAS_GIVEN_UP } pmap_interruption;

/* Takes back what was asked for, and the hook; cheap when nothing was. When it was raised `place` is where in the script for
 * the first time, "lengths.lua:9" or "". Stack: → traceback of it or nil, when it was raised */
pmap_interruption pmap_end_interruption(lua_State *L, const char **place);

/* `answer` is called with `of` at the next step that the main thread `L`, or a coroutine in it, makes after pmap_step, which a
 * signal handler may call. It raises nothing. */
void pmap_at_step(lua_State *L, void (*answer)(void *), void *of);
void pmap_step(void);

#endif
