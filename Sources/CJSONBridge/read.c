/* simdjson's tape → Lua values. The tape is words of a tag in the top byte and a payload in the others; it is
 * complete.
 *
 *   r        index past the end
 *   { [      index past the end, and from bit 32 the number of values; then the values, in an object each after its key
 *   } ]      nothing
 *   n t f    nothing
 *   l u d    nothing; then one word: int64_t, uint64_t, double; -0 is the integer 0
 *   "        offset in the strings: length in 32 bits, bytes
 */
#include "json_lua.h"

#include <stdlib.h>

#include <key_cache.h>

struct pmap_json_reader {
    pmap_json *parser;
    pmap_table_tags tags;
    bool takes_floats; /* integers outside 64 bits become floats */
    const char *text;  /* in which a -0 may be, that would lose its sign; or NULL */
    size_t length;
    pmap_key_cache cache;
};

pmap_json_reader *pmap_json_create_reader(pmap_table_tags tags, bool takes_floats) {
    pmap_json_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->tags = tags;
    reader->takes_floats = takes_floats;
    return reader;
}

void pmap_json_destroy_reader(pmap_json_reader *reader) {
    pmap_json_destroy(reader->parser);
    free(reader);
}

typedef struct {
    lua_State *L;
    pmap_json_reader *reader;
    const pmap_table_tags *tags;
    const char *strings;
    int keys; /* the stack index of the table of cached keys */
} walk;

static int tag(uint64_t word) { return (int)(word >> 56); }
static int values(uint64_t word) { return (int)(word >> 32 & 0xffffff); } /* the tape counts to 2^24 - 1 */

static void push_string(const walk *w, uint64_t word) {
    const char *start = w->strings + (word & 0x00ffffffffffffff);
    uint32_t length;
    memcpy(&length, start, sizeof length);
    lua_pushlstring(w->L, start + sizeof length, length);
}

/* Stack: → key */
static void push_key(const walk *w, uint64_t word) {
    const char *text = w->strings + (word & 0x00ffffffffffffff) + sizeof(uint32_t);
    pmap_push_key(w->L, &w->reader->cache, w->keys, text, (uint32_t)pmap_load32(text - sizeof(uint32_t)));
}

/* Whether the text may have the number -0, which may also be in a string. Searched once, at the first zero. */
static bool may_have_minus_zero(pmap_json_reader *reader) {
    const char *at = reader->text, *end = at + reader->length;
    while ((at = memchr(at, '-', (size_t)(end - at)))) {
        at++;
        if (at < end && *at == '0' && (at + 1 == end || memchr(",]} \t\r\n", at[1], 7))) return true;
    }
    reader->text = NULL;
    return false;
}

static const uint64_t *push_value(const walk *w, const uint64_t *at);

/* Both return the next position on the tape, or NULL when Lua's stack is full or an integer needs another path; then it has
 * a table, its key and its value. */
static const uint64_t *push_object(const walk *w, const uint64_t *at, int count) {
    lua_State *L = w->L;
    if (!lua_checkstack(L, 4)) return NULL;
    lua_createtable(L, 0, count);
    pmap_set_tag(L, w->tags->object);
    while (tag(*at) != '}') {
        push_key(w, *at);
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
    pmap_set_tag(L, w->tags->array);
    for (lua_Integer index = 1; tag(*at) != ']'; index++) {
        at = push_value(w, at);
        if (!at) return NULL;
        lua_rawseti(L, -2, index);
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
    case 'l':
        if (*at == 0 && w->reader->text && may_have_minus_zero(w->reader)) return NULL;
        lua_pushinteger(L, (lua_Integer)*at);
        return at + 1;
    case 'u':
        if (!w->reader->takes_floats) return NULL;
        lua_pushnumber(L, (lua_Number)*at);
        return at + 1;
    case 'd':
        memcpy(&number, at, sizeof number);
        lua_pushnumber(L, number);
        return at + 1;
    case 't': lua_pushboolean(L, true); return at;
    case 'f': lua_pushboolean(L, false); return at;
    default: lua_pushlightuserdata(L, NULL); return at;
    }
}

pmap_json_status pmap_json_read(pmap_json_reader *reader, const void *text, size_t length, bool is_repaired) {
    reader->text = is_repaired ? NULL : text;
    reader->length = length;
    if (!reader->parser) reader->parser = pmap_json_create();
    return reader->parser ? pmap_json_parse(reader->parser, text, length) : pmap_json_memory;
}

bool pmap_json_push(lua_State *L, pmap_json_reader *reader) {
    if (!lua_checkstack(L, 6)) return false;
    pmap_push_cached_keys(L, &reader->cache);
    walk w = {L, reader, &reader->tags, pmap_json_strings(reader->parser), lua_gettop(L)};
    const uint64_t *tape = pmap_json_tape(reader->parser);
    if (!push_value(&w, tape + 1)) return false;
    lua_replace(L, w.keys);
    return true;
}

bool pmap_json_push_item(lua_State *L, pmap_item_loop *loop) {
    pmap_json_reader *reader = loop->reader;
    return pmap_json_read(reader, loop->record, loop->length, false) == pmap_json_ok && pmap_json_push(L, reader);
}
