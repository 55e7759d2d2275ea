/* Lua values → JSON text, as Records/JSONWriter.swift writes it, which also does what is given up here. Metamethods
 * never run. Keys are sorted where they lie: Lua does not move a string. */
#include "json_lua.h"

#include <stdlib.h>

#include "json_strings.h"
#include "words.h"

enum {
    most_depth = 40, /* with a cycle the writer comes so far, and gives up */
    most_pairs = 64,
    known_keys = 256,
    rest = 4, /* writings in which a key must not have been met, to lose its place */
    longest_known = 28
};

/* A key that was met before: kept alive in a table of the registry, so that its identity is enough to know it. */
typedef struct {
    const void *identity;
    uint64_t order;
    uint64_t met;             /* in which writing */
    uint32_t length;          /* of the name */
    char text[longest_known + 4]; /* ,"name": */
} known_key;

struct pmap_json_writer {
    uint64_t writings;
    pmap_json_marks marks;
    pmap_json_write_float write_float;
    known_key keys[known_keys];
};

pmap_json_writer *pmap_json_create_writer(pmap_json_marks marks, pmap_json_write_float write_float) {
    pmap_json_writer *writer = calloc(1, sizeof *writer);
    if (!writer) return NULL;
    writer->marks = marks;
    writer->write_float = write_float;
    return writer;
}

void pmap_json_destroy_writer(pmap_json_writer *writer) { free(writer); }

typedef struct {
    lua_State *L;
    pmap_json_writer *form;
    pmap_room *room;
} writing;

typedef struct {
    uint64_t order; /* the first eight bytes, which sort as the names do */
    const char *name;
    const known_key *known; /* or NULL */
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
    for (int place = 1; place < count; place++) {
        if (!is_before(&pairs[place], &pairs[place - 1])) continue;
        pair moved = pairs[place];
        int hole = place;
        do {
            pairs[hole] = pairs[hole - 1];
            hole--;
        } while (hole > 0 && is_before(&moved, &pairs[hole - 1]));
        pairs[hole] = moved;
    }
}

static known_key *place_of(pmap_json_writer *form, const void *identity) {
    return &form->keys[((uintptr_t)identity * 0x9e3779b97f4a7c15) >> 56];
}

/* Stack: …, key, value → the same. The key takes the place if that was not needed lately: pairs that are being written
 * hold on to theirs. */
static void get_to_know(lua_State *L, pmap_json_writer *form, known_key *place, const pair *key) {
    pmap_room room = {place->text, place->text + sizeof place->text};
    if (key->length > longest_known - 8 || place->met + rest > form->writings) return;
    char text[longest_known + 4];
    if (!pmap_json_copy_plain(text, key->name, key->length)) return;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, form) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, known_keys, 0);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, form);
    }
    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, place - form->keys + 1);
    lua_pop(L, 1);
    place->identity = lua_topointer(L, -2);
    place->met = form->writings;
    place->order = key->order;
    place->length = key->length;
    pmap_put(&room, ",\"", 2);
    pmap_put(&room, text, key->length);
    pmap_put(&room, "\":", 2);
}

/* Stack: …, key, value → the same. False when the key is no string. */
static bool look_at_key(lua_State *L, pmap_json_writer *form, pair *key) {
    const void *identity = lua_topointer(L, -2);
    known_key *place = place_of(form, identity);
    if (identity && place->identity == identity) {
        place->met = form->writings;
        *key = (pair){place->order, place->text + 2, place, place->length, 0};
        return true;
    }
    if (lua_type(L, -2) != LUA_TSTRING) return false;
    size_t length;
    const char *name = lua_tolstring(L, -2, &length);
    if (length > UINT32_MAX) return false;
    *key = (pair){order_of(name, length), name, NULL, (uint32_t)length, 0};
    get_to_know(L, form, place, key);
    return true;
}

/* Stack: …, key, value → …, key, value, key, value, …: all pairs of the table; their number, or 0. */
static int collect(const writing *w, int table, pair *pairs) {
    lua_State *L = w->L;
    int count = 0, value = lua_gettop(L);
    do {
        if (count == most_pairs || !look_at_key(L, w->form, &pairs[count])) return 0;
        pairs[count].value = value + 2 * count;
        count++;
        lua_pushvalue(L, -2); /* … key, value, and the key to go on from */
    } while (lua_next(L, table));
    return count;
}

/* With the comma in front and the colon behind it. */
static bool write_key(pmap_room *room, const pair *key) {
    if (!pmap_has_room(room, sizeof key->known->text)) return false;
    if (key->known) {
        memcpy(room->next, key->known->text, sizeof key->known->text);
        room->next += key->length + 4;
        return true;
    }
    *room->next++ = ',';
    if (!pmap_json_put_string(room, key->name, key->length) || !pmap_has_room(room, 1)) return false;
    *room->next++ = ':';
    return true;
}

/* Stack: …, first key, its value → anything */
static bool write_object(const writing *w, int table, int depth) {
    pair pairs[most_pairs];
    if (!lua_checkstack(w->L, 2 * most_pairs + 4)) return false;
    int count = collect(w, table, pairs);
    if (count == 0) return false;
    sort(pairs, count);
    pmap_room *room = w->room;
    char *start = room->next;
    for (int place = 0; place < count; place++) {
        if (!write_key(room, &pairs[place]) || !write_value(w, pairs[place].value, depth)) return false;
    }
    if (!pmap_has_room(room, 1)) return false;
    *start = '{';
    *room->next++ = '}';
    return true;
}

/* Stack: …, 1, its value → anything. The keys must come one after the other, as they mostly do. */
static bool write_list(const writing *w, int table, int depth) {
    lua_State *L = w->L;
    pmap_room *room = w->room;
    int value = lua_gettop(L);
    for (lua_Integer place = 1;; place++) {
        if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) != place || !pmap_has_room(room, 1)) return false;
        *room->next++ = place == 1 ? '[' : ',';
        if (!write_value(w, value, depth)) return false;
        lua_settop(L, value - 1);
        if (!lua_next(L, table)) break;
    }
    if (!pmap_has_room(room, 1)) return false;
    *room->next++ = ']';
    return true;
}

static const void *metatable_of(lua_State *L, int table) {
    if (!lua_getmetatable(L, table)) return NULL;
    const void *identity = lua_topointer(L, -1);
    lua_pop(L, 1);
    return identity;
}

static bool write_table(const writing *w, int table, int depth) {
    lua_State *L = w->L;
    if (depth == most_depth || !lua_checkstack(L, 4)) return false;
    int top = lua_gettop(L);
    const pmap_json_marks *marks = &w->form->marks;
    const void *metatable = metatable_of(L, table);
    bool is_whole;
    lua_pushnil(L);
    if (!lua_next(L, table)) {
        is_whole = pmap_has_room(w->room, 2);
        if (is_whole) pmap_put(w->room, metatable == marks->object_identity ? "{}" : "[]", 2);
    } else if (lua_type(L, -2) == LUA_TSTRING) {
        is_whole = metatable != marks->array_identity && write_object(w, table, depth + 1);
    } else {
        is_whole = metatable != marks->object_identity && write_list(w, table, depth + 1);
    }
    lua_settop(L, top);
    return is_whole;
}

/* ---- Values ---- */

static bool write_number(const writing *w, int index) {
    pmap_room *room = w->room;
    if (!pmap_has_room(room, pmap_number_room)) return false;
    if (lua_isinteger(w->L, index)) {
        pmap_put_integer(room, lua_tointeger(w->L, index));
        return true;
    }
    double value = lua_tonumber(w->L, index);
    if (pmap_put_short_float(room, value)) return true;
    if (value - value != 0) return false; /* nan, or infinite */
    room->next += w->form->write_float(value, room->next);
    return true;
}

static bool write_word(pmap_room *room, const char *word, size_t length) {
    if (!pmap_has_room(room, length)) return false;
    pmap_put(room, word, length);
    return true;
}

static bool write_value(const writing *w, int index, int depth) {
    lua_State *L = w->L;
    size_t length;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TSTRING: text = lua_tolstring(L, index, &length); return pmap_json_put_string(w->room, text, length);
    case LUA_TNUMBER: return write_number(w, index);
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? write_word(w->room, "true", 4) : write_word(w->room, "false", 5);
    case LUA_TNIL: return write_word(w->room, "null", 4);
    case LUA_TLIGHTUSERDATA: return !lua_touserdata(L, index) && write_word(w->room, "null", 4);
    case LUA_TTABLE: return write_table(w, index, depth);
    default: return false;
    }
}

static writing begin(lua_State *L, pmap_json_writer *form, pmap_room *room) {
    form->writings++;
    return (writing){L, form, room};
}

bool pmap_json_append_table(lua_State *L, int index, pmap_items *items) {
    writing w = begin(L, items->writer, &items->room);
    return write_table(&w, index, 0) && pmap_has_room(w.room, 1); /* for what follows a field */
}

bool pmap_json_append(lua_State *L, int first, int last, pmap_items *items) {
    writing w = begin(L, items->writer, &items->room);
    if (lua_isnoneornil(L, first)) return last <= first;
    if (first < last) return false; /* several values: seldom */
    if (!write_value(&w, first, 0) || !pmap_has_room(w.room, 1)) return false;
    *w.room->next++ = items->output_terminator;
    return true;
}

/* Stack: value, writing → whether it was written, or not */
static int write_protected(lua_State *L) {
    bool is_whole = write_value(lua_touserdata(L, 2), 1, 0);
    lua_pushboolean(L, is_whole);
    return 1;
}

bool pmap_json_write(lua_State *L, int index, pmap_json_writer *writer, pmap_room *room) {
    writing w = begin(L, writer, room);
    lua_pushcfunction(L, write_protected);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, &w);
    bool is_whole = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_whole;
}
