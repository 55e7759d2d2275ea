/* Short keys of tables that were read before: Lua's strings are in a table of the registry, so that they need not be made again.
 * Called where Lua may raise for lack of memory. */
#ifndef PMAP_KEY_CACHE_H
#define PMAP_KEY_CACHE_H

#include "bridge.h"
#include "words.h"

enum { pmap_cached_keys = 256, pmap_longest_cached_key = 16 };

typedef struct {
    uint64_t words[2];
    uint32_t length; /* and 1, so that 0 is no key */
    uint32_t uses;   /* counts up when it is used, and down when another key needs the cell */
} pmap_cached_key;

/* Of one reader of one Lua state. Zeros at its beginning. */
typedef struct {
    pmap_cached_key keys[pmap_cached_keys];
} pmap_key_cache;

/* Stack: → table of the strings */
static inline void pmap_push_cached_keys(lua_State *L, pmap_key_cache *cache) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, cache) == LUA_TTABLE) return;
    lua_pop(L, 1);
    memset(cache->keys, 0, sizeof cache->keys);
    lua_createtable(L, pmap_cached_keys, 0);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, cache);
}

/* Stack: → key; the table of the strings is at `strings`. */
static inline void pmap_push_key(lua_State *L, pmap_key_cache *cache, int strings, const char *text, uint32_t length) {
    if (length > pmap_longest_cached_key) {
        lua_pushlstring(L, text, length);
        return;
    }
    uint64_t first = pmap_short_word(text, length), second = pmap_second_word(text, length);
    uint64_t hash = (first ^ (second + length) * 0xff51afd7ed558ccd) * 0x9e3779b97f4a7c15;
    pmap_cached_key *cell = &cache->keys[hash >> 56];
    lua_Integer number = cell - cache->keys + 1;
    if (cell->length == length + 1 && cell->words[0] == first && cell->words[1] == second) {
        if (cell->uses < 8) cell->uses++;
        lua_rawgeti(L, strings, number);
        return;
    }
    lua_pushlstring(L, text, length);
    if (cell->uses > 0) {
        cell->uses--;
    } else {
        lua_pushvalue(L, -1);
        lua_rawseti(L, strings, number);
        *cell = (pmap_cached_key){{first, second}, length + 1, 0};
    }
}

#endif
