/* What pmap changes in Lua's standard library, for scripts whose task runs in a worker.
 *
 * The changes are made before a script is loaded, so that it finds them wherever it keeps a function; they
 * take effect when the worker begins. A worker is one process with one state, so its data is static. */
#ifndef PMAP_LIBRARY_H
#define PMAP_LIBRARY_H

#include "bridge.h"
#include "printed.h"

#include <stdio.h>

typedef enum {
    PMAP_LOADING,      /* the script's own process: as in lua, but os.exit prints that no item has run */
    PMAP_PRODUCING,    /* the script's own process produces items: its output goes to standard error */
    PMAP_IN_WORKER,    /* os.exit ends it at once; collectgarbage leaves frozen pages alone */
    PMAP_WITHOUT_WORKER, /* the task runs in the host: os.exit ends it and not the process, and can end programs */
    PMAP_FORKED         /* a process of a task's own: os.exit is as in lua */
} pmap_library_mode;

/* Replaces os.exit, os.execute, io.popen and collectgarbage; `script` is its name in messages. Returns a Lua status;
 * Stack: → message when it is not LUA_OK. */
int pmap_change_library(lua_State *L, const char *script);

/* From now on everything written to standard output is captured: by Lua, by C code, and by programs. `writing` is the end of
 * a pipe that becomes standard output for programs, `reading` its other end. With `is_all_of_items` an item that ends looks for
 * what programs of earlier ones have written. It is kept in `printed` as far as it goes, unless that is NULL. Returns a Lua
 * status, as above. */
int pmap_begin_capture(lua_State *L, int reading, int writing, pmap_printed *printed, bool is_all_of_items,
                       pmap_library_mode mode);

/* Clears the status of os.exit without a worker; false when it was not called. */
bool pmap_clear_exit_status(int *status);

/* This process produces items from now on: its standard output is redirected to standard error. Returns a Lua status. */
int pmap_begin_producing(lua_State *L);

/* Ends this process, which is a forked copy of the one that runs the item, and has returned from it. See original.h. */
_Noreturn void pmap_leave_item_as_copy(void);

/* Whether anything may have been captured; cheap. */
bool pmap_has_captured(void);

/* Whether anything was ever written to standard output: then C has made a buffer for it. */
bool pmap_has_printed(void);

/* `full` is called with `context` whenever 256 KB have been captured by this process; NULL for none. */
void pmap_drain_captured(void (*full)(void *context), void *context);

/* The same as pmap_read_captured, without what streams and programs still have; for `full`. */
const char *pmap_take_captured(size_t *length);

/* The output captured since the last call; valid until the next. `all` also reads what programs wrote that were not
 * known to run. */
const char *pmap_read_captured(size_t *length, bool all);

/* Whether programs have written some of what was read last. */
bool pmap_captured_programs(void);

/* Writes what the buffer of standard error still has. */
void pmap_flush_errors(void);

/* Before a program or a fork of this process writes to the same standard output: earlier output goes first. Answers why
 * the later output cannot be captured, or NULL. */
const char *pmap_before_program(void);

/* After one has ended: its output precedes later output. */
void pmap_after_program(void);

/* Gives programs of io.popen that the script has left open the end of their input, and waits for them to end. */
void pmap_end_open_programs(void);

/* In a process that a task has forked from its worker: its output is captured in the worker. */
void pmap_end_capture(void);

/* Whether this process runs the items, and is no fork that a task has made. */
bool pmap_runs_items(void);

/* Redirects the output of Lua and C to another stream. The file object keeps its identity. May raise. */
void pmap_redirect_output(lua_State *L, FILE *stream);

/* From now on standard output is written by pmap_write_script_output. Returns a Lua status, as above. */
int pmap_begin_output(lua_State *L);

/* From now on each line of up to 64 KB that is printed arrives whole, whatever other processes print to the same file or
 * pipe. */
void pmap_write_whole_lines(void);

#endif
