/* Runs of numbers, strings and booleans in a list, to and from MessagePack: a loop in C, because crossing from Swift to
 * Lua and back for each of them costs as much as the work. Whatever else is in the list is Swift's matter. */
#ifndef PMAP_SCALARS_H
#define PMAP_SCALARS_H

#include "bridge.h"

/* Writes list[place], list[place + 1], … up to list[last] into `room`; answers the place after the last one written,
 * which is where something else stands, or where the room ended. */
long long pmap_pack_scalars(lua_State *L, int list, long long place, long long last, unsigned char *room, size_t size,
                            size_t *written);

/* The other way round: reads values while they are such, and puts them at list[place], list[place + 1], … up to `last`;
 * answers the place after the last one read. */
long long pmap_unpack_scalars(lua_State *L, int list, long long place, long long last, const unsigned char *bytes,
                              size_t size, size_t *read);

#endif
