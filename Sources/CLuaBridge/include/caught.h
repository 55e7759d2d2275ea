/* What pcall has caught, and where it was raised: a traceback that is made when somebody asks for it, as making one
 * takes a hundred times as long as raising an error. */
#ifndef PMAP_CAUGHT_H
#define PMAP_CAUGHT_H

#include "bridge.h"

/* Replaces pcall. Answers a Lua status; Stack: → message when it is not LUA_OK. */
int pmap_change_pcall(lua_State *L);

/* From now on pcall notes what it catches. */
void pmap_note_caught(void);

/* Stack: → the last value that was caught, the traceback of where it was raised, and whether no call of pcall has ended
 * since; or → (nothing), and false. Needs three slots. */
bool pmap_push_caught(lua_State *L);

#endif
