/* simdjson's tape → Lua values. The tape is words of a tag in the top byte and a payload in the others; simdjson has
 * made it whole.
 *
 *   r        place past the end
 *   { [      place past the end, and from bit 32 how many values; then the values, of an object each behind its key
 *   } ]      nothing
 *   n t f    nothing
 *   l u d    nothing; then one word: int64_t, uint64_t, double
 *   "        place among the strings: length in 32 bits, bytes
 */
#include "json_lua.h"

#include <string.h>

typedef struct {
    lua_State *L;
    const pmap_json_marks *marks;
    const char *strings;
} walk;

static int tag(uint64_t word) { return (int)(word >> 56); }
static int values(uint64_t word) { return (int)(word >> 32 & 0xffffff); } /* the tape counts to 2^24 - 1 */

static void push_string(const walk *w, uint64_t word) {
    const char *start = w->strings + (word & 0x00ffffffffffffff);
    uint32_t length;
    memcpy(&length, start, sizeof length);
    lua_pushlstring(w->L, start + sizeof length, length);
}

static void mark(lua_State *L, int reference) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
    lua_setmetatable(L, -2);
}

static const uint64_t *push_value(const walk *w, const uint64_t *at);

/* Both answer where the tape goes on, or NULL when Lua's stack is full. A table, its key and its value are there. */
static const uint64_t *push_object(const walk *w, const uint64_t *at, int count) {
    lua_State *L = w->L;
    if (!lua_checkstack(L, 4)) return NULL;
    lua_createtable(L, 0, count);
    mark(L, w->marks->object);
    while (tag(*at) != '}') {
        push_string(w, *at);
        at = push_value(w, at + 1);
        if (!at) return NULL;
        lua_rawset(L, -3);
    }
    return at + 1;
}

static const uint64_t *push_array(const walk *w, const uint64_t *at, int count) {
    lua_State *L = w->L;
    if (!lua_checkstack(L, 4)) return NULL;
    lua_createtable(L, count, 0);
    mark(L, w->marks->array);
    for (lua_Integer place = 1; tag(*at) != ']'; place++) {
        at = push_value(w, at);
        if (!at) return NULL;
        lua_rawseti(L, -2, place);
    }
    return at + 1;
}

static const uint64_t *push_value(const walk *w, const uint64_t *at) {
    lua_State *L = w->L;
    uint64_t word = *at++;
    double number;
    switch (tag(word)) {
    case '{': return push_object(w, at, values(word));
    case '[': return push_array(w, at, values(word));
    case '"': push_string(w, word); return at;
    case 'l': lua_pushinteger(L, (lua_Integer)*at); return at + 1;
    case 'u': lua_pushnumber(L, (lua_Number)*at); return at + 1;
    case 'd':
        memcpy(&number, at, sizeof number);
        lua_pushnumber(L, number);
        return at + 1;
    case 't': lua_pushboolean(L, true); return at;
    case 'f': lua_pushboolean(L, false); return at;
    default: lua_pushlightuserdata(L, NULL); return at;
    }
}

pmap_json_status pmap_json_read(pmap_json_reader *reader, const void *text, size_t length) {
    if (!reader->parser) reader->parser = pmap_json_create();
    return reader->parser ? pmap_json_parse(reader->parser, text, length) : pmap_json_memory;
}

bool pmap_json_push(lua_State *L, const pmap_json_reader *reader) {
    walk w = {L, &reader->marks, pmap_json_strings(reader->parser)};
    const uint64_t *tape = pmap_json_tape(reader->parser);
    return lua_checkstack(L, 4) && push_value(&w, tape + 1);
}

bool pmap_json_push_item(lua_State *L, pmap_items *items) {
    pmap_json_reader *reader = items->reader;
    return pmap_json_read(reader, items->record, items->length) == pmap_json_ok && pmap_json_push(L, reader);
}
