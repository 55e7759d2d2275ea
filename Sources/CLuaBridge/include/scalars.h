/* Ranges of numbers, strings and booleans in a list, to and from MessagePack: a loop in C, because crossing from Swift to
 * Lua and back for each of them costs as much as the work. Other values in the list are left to Swift. */
#ifndef PMAP_SCALARS_H
#define PMAP_SCALARS_H

#include "bridge.h"

/* Writes list[index], list[index + 1], … up to list[last] into `buffer`; returns the index after the last one written,
 * which is that of another value, or of one for which the buffer had no space. */
long long pmap_pack_scalars(lua_State *L, int list, long long index, long long last, unsigned char *buffer, size_t size,
                            size_t *written);

/* Reads values while they are scalars, and stores them at list[index], list[index + 1], … up to list[last]; returns the
 * index after the last one read. */
long long pmap_unpack_scalars(lua_State *L, int list, long long index, long long last, const unsigned char *bytes,
                              size_t size, size_t *read);

#endif
