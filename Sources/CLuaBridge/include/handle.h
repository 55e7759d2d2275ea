/* Handles: userdata with the number of something outside of Lua, which Lua collects and compares. */
#ifndef PMAP_HANDLE_H
#define PMAP_HANDLE_H

#include "bridge.h"

/* Stack: → handle. The same number gives the same userdata as long as it is alive. `drop` is called with `context` and
 * the number when it is collected. */
void pmap_push_handle(lua_State *L, unsigned long long number, void (*drop)(void *context, unsigned long long number),
                      void *context);

/* The number of the handle at `index`, or 0. */
unsigned long long pmap_handle_number(lua_State *L, int index);

/* Detaches the userdata from its number, which is free for another one from now on. */
void pmap_forget_handle(lua_State *L, int index);

/* Stack: FILE* → Lua file, which closes it. Returns false and pushes nothing when there is no memory for it. */
void pmap_push_file(lua_State *L, int descriptor, const char *mode);

#endif
