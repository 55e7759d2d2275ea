#include "scalars.h"

#include "messagepack.h"

long long pmap_pack_scalars(lua_State *L, int list, long long place, long long last, unsigned char *room, size_t size,
                            size_t *written) {
    unsigned char *out = room;
    int height = lua_gettop(L);
    for (; place <= last; place++) {
        int type = lua_rawgeti(L, list, place);
        unsigned char *next = put_scalar(L, -1, type, out, room + size);
        if (!next) break;
        out = next;
        lua_settop(L, height);
    }
    lua_settop(L, height);
    *written = (size_t)(out - room);
    return place;
}

long long pmap_unpack_scalars(lua_State *L, int list, long long place, long long last, const unsigned char *bytes,
                              size_t size, size_t *read) {
    size_t used = 0;
    for (; place <= last && used < size; place++) {
        size_t length = push_scalar(L, bytes + used, size - used);
        if (!length) break;
        lua_rawseti(L, list, place);
        used += length;
    }
    *read = used;
    return place;
}
