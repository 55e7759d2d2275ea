/* Plain values from MessagePack to Lua's stack. */
#include "messagepack.h"
#include "values.h"

enum { most_depth = 100, preallocated = 1 << 22 };

/* `awaited` values of the enclosing tables are still to come, at least a byte each: a claimed count must fit into the
 * remaining bytes before memory is allocated for it. */
static size_t unpack(lua_State *L, const unsigned char *bytes, size_t size, size_t awaited, int depth);

/* The count after a tag; returns the head's length, or 0. */
static size_t read_head(const unsigned char *bytes, size_t size, unsigned char few, unsigned char many, size_t *count) {
    if ((bytes[0] & 0xf0) == few) return *count = bytes[0] & 15, 1;
    size_t head = bytes[0] == many ? 3 : bytes[0] == many + 1 ? 5 : 0;
    if (head == 0 || size < head) return 0;
    return *count = (size_t)big_endian(bytes + 1, (int)head - 1), head;
}

/* Stack: → list, or → anything and 0 */
static size_t unpack_list(lua_State *L, const unsigned char *bytes, size_t size, size_t awaited, int depth) {
    size_t count, used = read_head(bytes, size, 0x90, 0xdc, &count);
    if (used == 0 || count + awaited > size - used) return 0;
    lua_createtable(L, (int)(count < preallocated ? count : preallocated), 0);
    int table = lua_gettop(L);
    for (size_t index = 1; index <= count; index++) {
        if (used == size) return 0;
        size_t length = push_scalar(L, bytes + used, size - used);
        if (!length) length = unpack(L, bytes + used, size - used, awaited + count - index, depth);
        if (!length) return 0;
        lua_rawseti(L, table, (lua_Integer)index);
        used += length;
    }
    return used;
}

/* Stack: → key, or → anything and 0. A value that cannot be a key is refused. */
static size_t unpack_key(lua_State *L, const unsigned char *bytes, size_t size) {
    size_t length = push_scalar(L, bytes, size);
    if (length && lua_type(L, -1) == LUA_TNUMBER && !lua_rawequal(L, -1, -1)) return 0; /* nan */
    return length;
}

/* Stack: → table, or → anything and 0 */
static size_t unpack_pairs(lua_State *L, const unsigned char *bytes, size_t size, size_t awaited, int depth) {
    size_t count, used = read_head(bytes, size, 0x80, 0xde, &count);
    if (used == 0 || 2 * count + awaited > size - used) return 0;
    lua_createtable(L, 0, (int)(count < preallocated / 2 ? count : preallocated / 2));
    int table = lua_gettop(L);
    for (size_t pair = 1; pair <= count; pair++) {
        size_t length = used < size ? unpack_key(L, bytes + used, size - used) : 0;
        used += length;
        if (!length || used == size) return 0;
        length = unpack(L, bytes + used, size - used, awaited + 2 * (count - pair), depth);
        if (!length) return 0;
        lua_rawset(L, table);
        used += length;
    }
    return used;
}

static size_t unpack(lua_State *L, const unsigned char *bytes, size_t size, size_t awaited, int depth) {
    unsigned char tag = bytes[0];
    if (tag == 0xc0) return lua_pushlightuserdata(L, NULL), 1;
    bool is_list = (tag & 0xf0) == 0x90 || tag == 0xdc || tag == 0xdd;
    if (!is_list && (tag & 0xf0) != 0x80 && tag != 0xde && tag != 0xdf) return push_scalar(L, bytes, size);
    if (depth == most_depth || !lua_checkstack(L, 4)) return 0;
    return is_list ? unpack_list(L, bytes, size, awaited, depth + 1) : unpack_pairs(L, bytes, size, awaited, depth + 1);
}

size_t pmap_unpack(lua_State *L, const unsigned char *bytes, size_t size) {
    if (size == 0) return 0;
    size_t length = push_scalar(L, bytes, size);
    if (length) return length;
    if (bytes[0] == 0xc0) return lua_pushnil(L), 1;
    int top = lua_gettop(L);
    size_t used = unpack(L, bytes, size, 0, 0);
    if (!used) lua_settop(L, top);
    return used;
}

long long pmap_unpack_each(lua_State *L, int list, long long index, long long last, const unsigned char *bytes, size_t size,
                           size_t *read) {
    size_t used = 0;
    for (size_t length; index <= last && (length = pmap_unpack(L, bytes + used, size - used)) > 0; index++) {
        lua_rawseti(L, list, index);
        used += length;
    }
    *read = used;
    return index;
}
