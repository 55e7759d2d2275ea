/* What pmap changes in Lua's standard library, for scripts whose task runs in a worker.
 *
 * The changes are made before a script is loaded, so that it finds them wherever it keeps a function; they
 * take effect when the worker begins. A worker is one process with one state, so what it needs is static. */
#ifndef PMAP_LIBRARY_H
#define PMAP_LIBRARY_H

#include "bridge.h"

#include <stdio.h>

typedef enum {
    PMAP_LOADING,      /* the script's own process: as in lua, but os.exit says that no item has run */
    PMAP_PRODUCING,    /* the script's own process makes items: what it prints goes to standard error */
    PMAP_IN_WORKER,    /* os.exit leaves at once; collectgarbage leaves frozen pages alone */
    PMAP_WITHOUT_WORKER, /* the task runs in the host: os.exit says that it ends everything */
    PMAP_FORKED         /* a process of a task's own: os.exit is as in lua */
} pmap_library_mode;

/* Replaces os.exit, os.execute, io.popen and collectgarbage; `script` is what messages call it. Answers a Lua status;
 * Stack: → message when it is not LUA_OK. */
int pmap_change_library(lua_State *L, const char *script);

/* From now on everything written to standard output is kept: by Lua, by C code, and by programs. `programs`
 * is the descriptor that becomes standard output for the latter. Answers a Lua status, as above. */
int pmap_begin_capture(lua_State *L, int programs, pmap_library_mode mode);

/* This process makes items from now on: its standard output leads to standard error. Answers a Lua status. */
int pmap_begin_producing(lua_State *L);

/* This process is a copy of the one that runs the item, and has come back from it: it ends. See original.h. */
_Noreturn void pmap_leave_item_as_copy(void);

/* Whether there may be something captured; cheap. */
bool pmap_has_captured(void);

/* Whether anything was ever written to standard output: then C has made a buffer for it. */
bool pmap_has_printed(void);

/* What was captured since the last call; valid until the next. `all` also looks at what programs wrote that
 * nothing was known of. */
const char *pmap_take_captured(size_t *length, bool all);

/* A program, or a fork of this process, will write to the same standard output: what was written so far goes first. */
void pmap_before_program(void);

/* One has ended: what it wrote stands in front of what is written from now on. */
void pmap_after_program(void);

/* In a fork that a task has made of its worker: what it writes is captured in the worker. Answers a Lua status. */
int pmap_leave_capture(lua_State *L);

/* Leads what Lua and C print to another stream. The file object keeps its identity, whoever holds it. May raise. */
void pmap_lead_output_to(lua_State *L, FILE *stream);

/* From now on each line of up to 64 KB that is printed arrives whole, whatever other processes print to the same file or
 * pipe. Answers a Lua status. */
int pmap_write_whole_lines(lua_State *L);

#endif
