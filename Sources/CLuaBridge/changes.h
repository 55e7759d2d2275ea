/* The changes of Lua's standard library for every script; for those whose task runs in a worker, see library.h. */
#ifndef PMAP_CHANGES_H
#define PMAP_CHANGES_H

#include "bridge.h"

/* Replaces os.execute and io.popen. May raise. */
void pmap_change_programs(lua_State *L);

/* Replaces a function of a library, and returns it. Stack: library → the same. May raise. */
lua_CFunction pmap_replace_function(lua_State *L, const char *name, lua_CFunction function);

/* Makes loops over lines interruptible. May raise. */
void pmap_change_lines(lua_State *L);

/* Makes each call of io.stderr:write one write(2). May raise. */
void pmap_change_standard_error(lua_State *L);

#endif
