/* The modules that are written in Lua, as text in the program. */
#ifndef PMAP_LUA_MODULES_H
#define PMAP_LUA_MODULES_H

#include <stddef.h>

/* What `require` takes for the module at a place, counted from 0, or NULL beyond the last. */
const char *pmap_lua_module_name(int place);

const void *pmap_lua_module_text(int place, size_t *length);

/* The definitions of a module, as editors read them, or NULL beyond the last: one module after the other, not by the places
 * above, as most of those are parts of others. */
const void *pmap_lua_module_definitions(int place, size_t *length);

#endif
