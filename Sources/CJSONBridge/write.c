/* Lua values → JSON text, as Records/JSONWriter.swift writes it, which also does what is given up here. Metamethods
 * never run. Keys are sorted where they lie: Lua does not move a string. */
#include "json_lua.h"

#include <string.h>

enum {
    most_depth = 40, /* with a cycle the writer comes so far, and gives up */
    most_pairs = 64
};

typedef struct {
    lua_State *L;
    const pmap_json_writer *form;
    pmap_room *room;
} writing;

typedef struct {
    uint64_t order; /* the first eight bytes, which sort as the names do */
    const char *name;
    size_t length;
    int value; /* on the stack */
} pair;

static bool write_value(const writing *w, int index, int depth);

/* ---- Strings ---- */

static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

/* Not 0 when there is a control character, a quote, a backslash or a byte from 0x80 among the eight. */
static uint64_t odd_bytes(uint64_t word) {
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return ((word - ones * 0x20) | (quote - ones) | (backslash - ones) | word) & tops;
}

/* Copies up to eight bytes more than there are, which are read only as far as they go. */
static bool copy_plain(char *to, const char *text, size_t length) {
    uint64_t word;
    size_t at = 0;
    for (; at + 8 <= length; at += 8) {
        memcpy(&word, text + at, 8);
        if (odd_bytes(word)) return false;
        memcpy(to + at, &word, 8);
    }
    if (at == length) return true;
    if (length >= 8) {
        at = length - 8;
        memcpy(&word, text + at, 8);
    } else {
        word = ones * ' ';
        memcpy(&word, text, length);
    }
    if (odd_bytes(word)) return false;
    memcpy(to + at, &word, 8);
    return true;
}

static void put_escape(pmap_room *room, unsigned char byte) {
    static const char letters[] = "btn\0fr", digits[] = "0123456789abcdef";
    char letter = byte == '"' || byte == '\\' ? (char)byte : byte >= 8 && byte <= 13 ? letters[byte - 8] : 0;
    *room->next++ = '\\';
    if (letter) {
        *room->next++ = letter;
    } else {
        pmap_put(room, "u00", 3);
        *room->next++ = digits[byte >> 4];
        *room->next++ = digits[byte & 15];
    }
}

static bool write_with_escapes(pmap_room *room, const char *text, size_t length) {
    if (!pmap_has_room(room, 6 * length + 2) || !pmap_json_is_utf8(text, length)) return false;
    *room->next++ = '"';
    for (size_t at = 0; at < length; at++) {
        unsigned char byte = (unsigned char)text[at];
        if (byte < 0x20 || byte == '"' || byte == '\\') put_escape(room, byte);
        else *room->next++ = (char)byte;
    }
    *room->next++ = '"';
    return true;
}

static bool write_string(pmap_room *room, const char *text, size_t length) {
    if (!pmap_has_room(room, length + 10)) return false;
    if (!copy_plain(room->next + 1, text, length)) return write_with_escapes(room, text, length);
    *room->next = '"';
    room->next += length + 2;
    room->next[-1] = '"';
    return true;
}

/* ---- Tables ---- */

static uint64_t order_of(const char *name, size_t length) {
    uint64_t word = 0;
    memcpy(&word, name, length < 8 ? length : 8);
    return __builtin_bswap64(word);
}

static bool is_before(const pair *left, const pair *right) {
    if (left->order != right->order) return left->order < right->order;
    size_t common = left->length < right->length ? left->length : right->length;
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

/* Stack: …, key, value → …, key, value, key, value, …: all pairs of the table; their number, or 0. */
static int collect(lua_State *L, int table, pair *pairs) {
    int count = 0;
    do {
        if (count == most_pairs || lua_type(L, -2) != LUA_TSTRING) return 0;
        pair *next = &pairs[count++];
        next->name = lua_tolstring(L, -2, &next->length);
        next->order = order_of(next->name, next->length);
        next->value = lua_gettop(L);
        lua_pushvalue(L, -2); /* … key, value, and the key to go on from */
    } while (lua_next(L, table));
    return count;
}

/* Stack: …, first key, its value → anything */
static bool write_object(const writing *w, int table, int depth) {
    pair pairs[most_pairs];
    if (!lua_checkstack(w->L, 2 * most_pairs + 4)) return false;
    int count = collect(w->L, table, pairs);
    if (count == 0) return false;
    sort(pairs, count);
    pmap_room *room = w->room;
    for (int place = 0; place < count; place++) {
        if (!pmap_has_room(room, 1)) return false;
        *room->next++ = place == 0 ? '{' : ',';
        if (!write_string(room, pairs[place].name, pairs[place].length) || !pmap_has_room(room, 1)) return false;
        *room->next++ = ':';
        if (!write_value(w, pairs[place].value, depth)) return false;
    }
    if (!pmap_has_room(room, 1)) return false;
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
    case LUA_TSTRING: text = lua_tolstring(L, index, &length); return write_string(w->room, text, length);
    case LUA_TNUMBER: return write_number(w, index);
    case LUA_TBOOLEAN: return lua_toboolean(L, index) ? write_word(w->room, "true", 4) : write_word(w->room, "false", 5);
    case LUA_TNIL: return write_word(w->room, "null", 4);
    case LUA_TLIGHTUSERDATA: return !lua_touserdata(L, index) && write_word(w->room, "null", 4);
    case LUA_TTABLE: return write_table(w, index, depth);
    default: return false;
    }
}

bool pmap_json_append_table(lua_State *L, int index, pmap_items *items) {
    writing w = {L, items->writer, &items->room};
    return write_table(&w, index, 0) && pmap_has_room(w.room, 1); /* for what follows a field */
}

bool pmap_json_append(lua_State *L, int first, pmap_items *items) {
    writing w = {L, items->writer, &items->room};
    int last = lua_gettop(L);
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

bool pmap_json_write(lua_State *L, int index, const pmap_json_writer *writer, pmap_room *room) {
    writing w = {L, writer, room};
    lua_pushcfunction(L, write_protected);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, &w);
    bool is_whole = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is_whole;
}
