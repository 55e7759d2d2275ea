/* Ranges of scalars in a list to and from MessagePack. */
#include "scalars.h"

#include "messagepack.h"

long long pmap_pack_scalars(lua_State *L, int list, long long index, long long last, unsigned char *buffer, size_t size,
                            size_t *written) {
    unsigned char *out = buffer;
    int height = lua_gettop(L);
    for (; index <= last; index++) {
        int type = lua_rawgeti(L, list, index);
        unsigned char *next = put_scalar(L, -1, type, out, buffer + size);
        if (!next) break;
        out = next;
        lua_settop(L, height);
    }
    lua_settop(L, height);
    *written = (size_t)(out - buffer);
    return index;
}

long long pmap_unpack_scalars(lua_State *L, int list, long long index, long long last, const unsigned char *bytes,
                              size_t size, size_t *read) {
    size_t used = 0;
    for (; index <= last && used < size; index++) {
        size_t length = push_scalar(L, bytes + used, size - used);
        if (!length) break;
        lua_rawseti(L, list, index);
        used += length;
    }
    *read = used;
    return index;
}
