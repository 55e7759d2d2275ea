/* Lua values → MessagePack. Keys are sorted without copies: Lua does not move a string. */
#include "msgpack_writer.h"

#include <json_bridge.h>
#include <messagepack.h>
#include <words.h>

enum {
    most_depth = 40, /* a table in itself is refused at this depth */
    most_pairs = 64
};

typedef struct {
    lua_State *L;
    const pmap_table_tags *tags;
    pmap_cursor *cursor;
} writing;

typedef struct {
    uint64_t order; /* the first eight bytes, which sort as the names do */
    const char *name;
    size_t length;
    int value; /* on the stack */
} pair;

static bool write_value(const writing *w, int index, int depth);

static void advance(pmap_cursor *cursor, const unsigned char *next) { cursor->next = (char *)next; }
static unsigned char *next_of(const pmap_cursor *cursor) { return (unsigned char *)cursor->next; }

/* ---- Scalars ---- */

static bool is_ascii(const char *text, size_t length) {
    uint64_t high = 0;
    for (size_t at = 0; at < length; at += sizeof high) high |= pmap_short_word(text + at, length - at);
    return !(high & 0x8080808080808080);
}

/* Text, or what is not UTF-8 as binary. */
static bool write_string(pmap_cursor *cursor, const char *text, size_t length) {
    if (length > UINT32_MAX || !pmap_has_space(cursor, length + 5)) return false;
    unsigned char *out = next_of(cursor);
    if (is_ascii(text, length) || pmap_json_is_utf8(text, length)) {
        advance(cursor, put_string(out, text, length));
        return true;
    }
    if (length <= UINT8_MAX) out = put(out, 0xc4, length, 1);
    else if (length <= UINT16_MAX) out = put(out, 0xc5, length, 2);
    else out = put(out, 0xc6, length, 4);
    memcpy(out, text, length);
    advance(cursor, out + length);
    return true;
}

static bool write_head(pmap_cursor *cursor, unsigned char few, unsigned char many, uint64_t count) {
    if (count > UINT32_MAX || !pmap_has_space(cursor, 5)) return false;
    unsigned char *out = next_of(cursor);
    if (count < 16) *out++ = few | (unsigned char)count;
    else if (count <= UINT16_MAX) out = put(out, many, count, 2);
    else out = put(out, many + 1, count, 4);
    advance(cursor, out);
    return true;
}

static bool write_scalar(const writing *w, int index, int type) {
    if (!pmap_has_space(w->cursor, longest_head)) return false;
    advance(w->cursor, put_scalar(w->L, index, type, next_of(w->cursor), (unsigned char *)w->cursor->end));
    return true;
}

/* ---- Tables ---- */

static uint64_t order_of(const char *name, size_t length) { return __builtin_bswap64(pmap_short_word(name, length)); }

static bool is_before(const pair *left, const pair *right) {
    if (left->order != right->order) return left->order < right->order;
    int order = memcmp(left->name, right->name, left->length < right->length ? left->length : right->length);
    return order ? order < 0 : left->length < right->length;
}

static void sort(pair *pairs, int count) {
    for (int index = 1; index < count; index++) {
        pair moved = pairs[index];
        int hole = index;
        for (; hole > 0 && is_before(&moved, &pairs[hole - 1]); hole--) pairs[hole] = pairs[hole - 1];
        pairs[hole] = moved;
    }
}

/* Stack: …, key, value → …, key, value, key, value, …: all pairs of the table; their number, or 0. */
static int collect(lua_State *L, int table, pair *pairs) {
    int count = 0, value = lua_gettop(L);
    do {
        if (count == most_pairs || lua_type(L, -2) != LUA_TSTRING) return 0;
        pair *next = &pairs[count];
        next->name = lua_tolstring(L, -2, &next->length);
        next->order = order_of(next->name, next->length);
        next->value = value + 2 * count;
        count++;
        lua_pushvalue(L, -2); /* … key, value, and the key to go on from */
    } while (lua_next(L, table));
    return count;
}

/* Stack: …, first key, its value → anything */
static bool write_map(const writing *w, int table, int depth) {
    pair pairs[most_pairs];
    if (!lua_checkstack(w->L, 2 * most_pairs + 4)) return false;
    int count = collect(w->L, table, pairs);
    if (count == 0) return false;
    sort(pairs, count);
    if (!write_head(w->cursor, 0x80, 0xde, (uint64_t)count)) return false;
    for (int index = 0; index < count; index++) {
        if (!write_string(w->cursor, pairs[index].name, pairs[index].length)) return false;
        if (!write_value(w, pairs[index].value, depth)) return false;
    }
    return true;
}

/* Stack: …, 1, its value → anything. Refuses keys that do not come in order, as they mostly do. */
static bool write_list(const writing *w, int table, int depth) {
    lua_State *L = w->L;
    lua_Integer count = (lua_Integer)lua_rawlen(L, table), index = 0;
    int value = lua_gettop(L);
    if (!write_head(w->cursor, 0x90, 0xdc, (uint64_t)count)) return false;
    do {
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != ++index || !write_value(w, value, depth)) return false;
        lua_settop(L, value - 1);
    } while (lua_next(L, table));
    return index == count;
}

static bool write_table(const writing *w, int table, int depth) {
    lua_State *L = w->L;
    if (depth == most_depth || !lua_checkstack(L, 4)) return false;
    int top = lua_gettop(L);
    const void *metatable = pmap_metatable_identity(L, table);
    bool is_complete;
    lua_pushnil(L);
    if (!lua_next(L, table)) {
        bool is_map = metatable == w->tags->object_identity;
        is_complete = write_head(w->cursor, is_map ? 0x80 : 0x90, 0, 0);
    } else if (lua_type(L, -2) == LUA_TSTRING) {
        is_complete = metatable != w->tags->array_identity && write_map(w, table, depth + 1);
    } else {
        is_complete = metatable != w->tags->object_identity && write_list(w, table, depth + 1);
    }
    lua_settop(L, top);
    return is_complete;
}

/* ---- Values ---- */

static bool write_nil(pmap_cursor *cursor) {
    if (!pmap_has_space(cursor, 1)) return false;
    *cursor->next++ = (char)0xc0;
    return true;
}

static bool write_value(const writing *w, int index, int depth) {
    int type = lua_type(w->L, index);
    size_t length;
    switch (type) {
    case LUA_TSTRING: {
        const char *text = lua_tolstring(w->L, index, &length);
        return write_string(w->cursor, text, length);
    }
    case LUA_TNUMBER: case LUA_TBOOLEAN: return write_scalar(w, index, type);
    case LUA_TNIL: return write_nil(w->cursor);
    case LUA_TLIGHTUSERDATA: return !lua_touserdata(w->L, index) && write_nil(w->cursor);
    case LUA_TTABLE: return write_table(w, index, depth);
    default: return false;
    }
}

bool pmap_msgpack_append(lua_State *L, int first, int last, pmap_item_loop *loop) {
    writing w = {L, loop->writer, &loop->cursor};
    if (lua_isnoneornil(L, first)) return last <= first;
    return first == last && write_value(&w, first, 0); /* several values are left to Swift */
}

/* Stack: value, writing → whether it was written */
static int write_protected(lua_State *L) {
    lua_pushboolean(L, write_value(lua_touserdata(L, 2), 1, 0));
    return 1;
}

bool pmap_msgpack_write(lua_State *L, int index, const pmap_table_tags *tags, pmap_cursor *cursor) {
    writing w = {L, tags, cursor};
    lua_pushcfunction(L, write_protected);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, &w);
    bool is_complete = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_complete;
}
