/* The last error that pcall has caught, and where it was raised: levels of the stack are copied when it is raised, and a
 * traceback is made of them on demand, as making one takes a hundred times as long as raising an error. */
#ifndef PMAP_CAUGHT_H
#define PMAP_CAUGHT_H

#include "bridge.h"

/* Replaces pcall. Returns a Lua status; Stack: → message when it is not LUA_OK. */
int pmap_change_pcall(lua_State *L);

/* From now on pcall records the errors it catches. */
void pmap_record_caught(void);

/* Stack: → the last value that was caught, the traceback of where it was raised, and whether no call of pcall has returned
 * since; or → (nothing), and false. Needs three slots. */
bool pmap_push_caught(lua_State *L);

#endif
