/* Lua's files as descriptors that programs are connected to, and the bytes in their buffers. */
#ifndef PMAP_FILE_H
#define PMAP_FILE_H

#include "bridge.h"

enum { PMAP_NO_FILE = -1, PMAP_CLOSED_FILE = -2, PMAP_NO_DESCRIPTOR = -3 };

/* The descriptor of the Lua file at `index`, after flushing the file's buffer: bytes written to the file are in it, and its
 * offset is where the file was read up to; or one of the above. Lua's standard output has the number 1 also where it is
 * captured. */
int pmap_file_descriptor(lua_State *L, int index);

/* The number of bytes that were read from the descriptor and not yet from the file at `index`. */
size_t pmap_file_buffered(lua_State *L, int index);

/* Stack: → string of these bytes. Returns its size. */
size_t pmap_push_buffered(lua_State *L, int index);

/* From now on writes to the Lua file at `index` reach the descriptor at once. */
void pmap_file_unbuffered(lua_State *L, int index);

/* Writes to the Lua file at `index`, which has no descriptor; false when it cannot. */
bool pmap_file_write(lua_State *L, int index, const char *bytes, size_t size);

#endif
