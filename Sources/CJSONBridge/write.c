/* Lua values → JSON text, as Records/JSONWriter.swift writes it, which is also the fallback. Metamethods never run.
 * Keys are sorted without copies: Lua does not move a string. */
#include "json_lua.h"

#include <stdlib.h>

#include "json_strings.h"
#include <words.h>

enum {
    most_depth = 40, /* a table in itself is refused at this depth */
    most_pairs = 64,
    cached_keys = 256,
    unused = 4, /* calls in which a key was not used before it may lose its cell */
    longest_cached = 28
};

/* A cached key: a table of the registry keeps it alive, so that its identity is enough to find it. */
typedef struct {
    const void *identity;
    uint64_t order;
    uint64_t last_use;          /* the number of a call */
    uint32_t length;          /* of the name */
    char text[longest_cached + 4]; /* ,"name": */
} cached_key;

struct pmap_json_writer {
    uint64_t calls;
    pmap_table_tags tags;
    pmap_json_write_float write_float;
    cached_key keys[cached_keys];
};

pmap_json_writer *pmap_json_create_writer(pmap_table_tags tags, pmap_json_write_float write_float) {
    pmap_json_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->tags = tags;
    writer->write_float = write_float;
    return writer;
}

void pmap_json_destroy_writer(pmap_json_writer *writer) { free(writer); }

typedef struct {
    lua_State *L;
    pmap_json_writer *writer;
    pmap_cursor *cursor;
} writing;

typedef struct {
    uint64_t order; /* the first eight bytes, which sort as the names do */
    const char *name;
    const cached_key *cached; /* or NULL */
    uint32_t length;
    int value; /* on the stack */
} pair;

static bool write_value(const writing *w, int index, int depth);

/* ---- Tables ---- */

static uint64_t order_of(const char *name, size_t length) { return __builtin_bswap64(pmap_short_word(name, length)); }

static bool is_before(const pair *left, const pair *right) {
    if (left->order != right->order) return left->order < right->order;
    uint32_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->name, right->name, common);
    return order ? order < 0 : left->length < right->length;
}

static void sort(pair *pairs, int count) {
    for (int index = 1; index < count; index++) {
        if (!is_before(&pairs[index], &pairs[index - 1])) continue;
        pair moved = pairs[index];
        int hole = index;
        do {
            pairs[hole] = pairs[hole - 1];
            hole--;
        } while (hole > 0 && is_before(&moved, &pairs[hole - 1]));
        pairs[hole] = moved;
    }
}

static cached_key *cell_of(pmap_json_writer *writer, const void *identity) {
    return &writer->keys[((uintptr_t)identity * 0x9e3779b97f4a7c15) >> 56];
}

/* Stack: …, key, value → the same. The key gets the cell if the cell's key was not used lately: the pairs that are
 * being written keep theirs. */
static void cache_key(lua_State *L, pmap_json_writer *writer, cached_key *cell, const pair *key) {
    pmap_cursor cursor = {cell->text, cell->text + sizeof cell->text};
    if (key->length > longest_cached - 8 || cell->last_use + unused > writer->calls) return;
    char text[longest_cached + 4];
    if (!pmap_json_copy_plain(text, key->name, key->length)) return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, writer) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, cached_keys, 0);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, writer);
    }
    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, cell - writer->keys + 1);
    lua_pop(L, 1);
    cell->identity = lua_topointer(L, -2);
    cell->last_use = writer->calls;
    cell->order = key->order;
    cell->length = key->length;
    pmap_put(&cursor, ",\"", 2);
    pmap_put(&cursor, text, key->length);
    pmap_put(&cursor, "\":", 2);
}

/* Stack: …, key, value → the same. False when the key is no string. */
static bool read_key(lua_State *L, pmap_json_writer *writer, pair *key) {
    const void *identity = lua_topointer(L, -2);
    cached_key *cell = cell_of(writer, identity);
    if (identity && cell->identity == identity) {
        cell->last_use = writer->calls;
        *key = (pair){cell->order, cell->text + 2, cell, cell->length, 0};
        return true;
    }
    if (lua_type(L, -2) != LUA_TSTRING) return false;
    size_t length;
    const char *name = lua_tolstring(L, -2, &length);
    if (length > UINT32_MAX) return false;
    *key = (pair){order_of(name, length), name, NULL, (uint32_t)length, 0};
    cache_key(L, writer, cell, key);
    return true;
}

/* Stack: …, key, value → …, key, value, key, value, …: all pairs of the table; their number, or 0. */
static int collect(const writing *w, int table, pair *pairs) {
    lua_State *L = w->L;
    int count = 0, value = lua_gettop(L);
    do {
        if (count == most_pairs || !read_key(L, w->writer, &pairs[count])) return 0;
        pairs[count].value = value + 2 * count;
        count++;
        lua_pushvalue(L, -2); /* … key, value, and the key to go on from */
    } while (lua_next(L, table));
    return count;
}

/* With the comma before it and the colon after it. */
static bool write_key(pmap_cursor *cursor, const pair *key) {
    if (!pmap_has_space(cursor, sizeof key->cached->text)) return false;
    if (key->cached) {
        memcpy(cursor->next, key->cached->text, sizeof key->cached->text);
        cursor->next += key->length + 4;
        return true;
    }
    *cursor->next++ = ',';
    if (!pmap_json_put_string(cursor, key->name, key->length) || !pmap_has_space(cursor, 1)) return false;
    *cursor->next++ = ':';
    return true;
}

/* Stack: …, first key, its value → anything */
static bool write_object(const writing *w, int table, int depth) {
    pair pairs[most_pairs];
    if (!lua_checkstack(w->L, 2 * most_pairs + 4)) return false;
    int count = collect(w, table, pairs);
    if (count == 0) return false;
    sort(pairs, count);
    pmap_cursor *cursor = w->cursor;
    char *start = cursor->next;
    for (int index = 0; index < count; index++) {
        if (!write_key(cursor, &pairs[index]) || !write_value(w, pairs[index].value, depth)) return false;
    }
    if (!pmap_has_space(cursor, 1)) return false;
    *start = '{';
    *cursor->next++ = '}';
    return true;
}

/* Stack: …, 1, its value → anything. Refuses keys that do not come in order, as they mostly do. */
static bool write_list(const writing *w, int table, int depth) {
    lua_State *L = w->L;
    pmap_cursor *cursor = w->cursor;
    int value = lua_gettop(L);
    for (lua_Integer index = 1;; index++) {
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != index || !pmap_has_space(cursor, 1)) return false;
        *cursor->next++ = index == 1 ? '[' : ',';
        if (!write_value(w, value, depth)) return false;
        lua_settop(L, value - 1);
        if (!lua_next(L, table)) break;
    }
    if (!pmap_has_space(cursor, 1)) return false;
    *cursor->next++ = ']';
    return true;
}

static bool write_table(const writing *w, int table, int depth) {
    lua_State *L = w->L;
    if (depth == most_depth || !lua_checkstack(L, 4)) return false;
    int top = lua_gettop(L);
    const pmap_table_tags *tags = &w->writer->tags;
    const void *metatable = pmap_metatable_identity(L, table);
    bool is_complete;
    lua_pushnil(L);
    if (!lua_next(L, table)) {
        is_complete = pmap_has_space(w->cursor, 2);
        if (is_complete) pmap_put(w->cursor, metatable == tags->object_identity ? "{}" : "[]", 2);
    } else if (lua_type(L, -2) == LUA_TSTRING) {
        is_complete = metatable != tags->array_identity && write_object(w, table, depth + 1);
    } else {
        is_complete = metatable != tags->object_identity && write_list(w, table, depth + 1);
    }
    lua_settop(L, top);
    return is_complete;
}

/* ---- Values ---- */

static bool write_number(const writing *w, int index) {
    pmap_cursor *cursor = w->cursor;
    if (!pmap_has_space(cursor, pmap_number_space)) return false;
    if (lua_isinteger(w->L, index)) {
        pmap_put_integer(cursor, lua_tointeger(w->L, index));
        return true;
    }
    double value = lua_tonumber(w->L, index);
    if (pmap_put_short_float(cursor, value)) return true;
    if (value - value != 0) return false; /* nan, or infinite */
    cursor->next += w->writer->write_float(value, cursor->next);
    return true;
}

static bool write_word(pmap_cursor *cursor, const char *word, size_t length) {
    if (!pmap_has_space(cursor, length)) return false;
    pmap_put(cursor, word, length);
    return true;
}

static bool write_value(const writing *w, int index, int depth) {
    lua_State *L = w->L;
    size_t length;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TSTRING: text = lua_tolstring(L, index, &length); return pmap_json_put_string(w->cursor, text, length);
    case LUA_TNUMBER: return write_number(w, index);
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? write_word(w->cursor, "true", 4) : write_word(w->cursor, "false", 5);
    case LUA_TNIL: return write_word(w->cursor, "null", 4);
    case LUA_TLIGHTUSERDATA: return !lua_touserdata(L, index) && write_word(w->cursor, "null", 4);
    case LUA_TTABLE: return write_table(w, index, depth);
    default: return false;
    }
}

static writing begin(lua_State *L, pmap_json_writer *writer, pmap_cursor *cursor) {
    writer->calls++;
    return (writing){L, writer, cursor};
}

bool pmap_json_append_table(lua_State *L, int index, pmap_item_loop *loop) {
    writing w = begin(L, loop->writer, &loop->cursor);
    return write_table(&w, index, 0) && pmap_has_space(w.cursor, 1); /* for the byte after a field */
}

bool pmap_json_append(lua_State *L, int first, int last, pmap_item_loop *loop) {
    writing w = begin(L, loop->writer, &loop->cursor);
    if (lua_isnoneornil(L, first)) return last <= first;
    if (first < last) return false; /* several values are left to Swift */
    if (!write_value(&w, first, 0) || !pmap_has_space(w.cursor, 1)) return false;
    *w.cursor->next++ = loop->output_terminator;
    return true;
}

/* Stack: value, writing → whether it was written */
static int write_protected(lua_State *L) {
    bool is_complete = write_value(lua_touserdata(L, 2), 1, 0);
    lua_pushboolean(L, is_complete);
    return 1;
}

bool pmap_json_write(lua_State *L, int index, pmap_json_writer *writer, pmap_cursor *cursor) {
    writing w = begin(L, writer, cursor);
    lua_pushcfunction(L, write_protected);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, &w);
    bool is_complete = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_complete;
}
