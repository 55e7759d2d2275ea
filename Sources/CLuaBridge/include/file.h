/* Lua's files as what programs are connected to: their descriptors, and what is still in their buffers. */
#ifndef PMAP_FILE_H
#define PMAP_FILE_H

#include "bridge.h"

enum { PMAP_NO_FILE = -1, PMAP_CLOSED_FILE = -2, PMAP_NO_DESCRIPTOR = -3 };

/* The descriptor of the Lua file at `index`, with what was written to the file so far in it, and where the file
 * was read up to as its place; or one of the above. Lua's standard output has the number 1 also where it is captured. */
int pmap_file_descriptor(lua_State *L, int index);

/* How much was read from the descriptor and not yet from the file at `index`. */
size_t pmap_file_buffered(lua_State *L, int index);

/* Stack: → string: that. Answers its size. */
size_t pmap_push_buffered(lua_State *L, int index);

/* Writes of the Lua file at `index` reach the descriptor at once. */
void pmap_file_unbuffered(lua_State *L, int index);

/* Writes to the Lua file at `index`, which has no descriptor; false when it cannot. */
bool pmap_file_write(lua_State *L, int index, const char *bytes, size_t size);

#endif
