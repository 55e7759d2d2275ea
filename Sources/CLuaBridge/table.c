/* Reading tables by lua_next, which may raise: many pairs for one protected call. */
#include "bridge.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Stack: table, key, limit → key, value, key, value, … */
static int next_protected(lua_State *L) {
    int limit = (int)lua_tointeger(L, 3), pairs = 0;
    lua_settop(L, 2);
    luaL_checkstack(L, 2 * limit + 1, NULL);
    while (lua_next(L, 1)) {
        if (++pairs == limit) break;
        lua_pushvalue(L, -2); /* … key, value, and the key to go on from */
    }
    return 2 * pairs;
}

int pmap_next(lua_State *L, int table, int pairs) {
    table = lua_absindex(L, table);
    int key = lua_gettop(L);
    lua_pushcfunction(L, next_protected);
    lua_pushvalue(L, table);
    lua_pushvalue(L, key);
    lua_pushinteger(L, pairs);
    if (lua_pcall(L, 3, LUA_MULTRET, 0) != LUA_OK) return -1;
    return (lua_gettop(L) - key) / 2;
}

/* Stack: table, count → key or nil */
static int non_index_protected(lua_State *L) {
    lua_Unsigned count = (lua_Unsigned)lua_tointeger(L, 2);
    lua_settop(L, 1);
    for (lua_pushnil(L); lua_next(L, 1); lua_settop(L, 2)) {
        if (lua_isinteger(L, 2) && (lua_Unsigned)lua_tointeger(L, 2) - 1 < count) continue;
        bool is_packed = lua_isinteger(L, 3) && (lua_Unsigned)lua_tointeger(L, 3) == count;
        if (is_packed && lua_type(L, 2) == LUA_TSTRING && strcmp(lua_tostring(L, 2), "n") == 0) continue;
        lua_settop(L, 2);
        return 1;
    }
    lua_pushnil(L);
    return 1;
}

void pmap_push_non_index_key(lua_State *L, int table, long long count) {
    table = lua_absindex(L, table);
    lua_pushcfunction(L, non_index_protected);
    lua_pushvalue(L, table);
    lua_pushinteger(L, count);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
        lua_settop(L, -2);
        lua_pushnil(L);
    }
}

static unsigned long long mix(lua_State *L, unsigned long long fingerprint) {
    unsigned long long pair = (uintptr_t)lua_topointer(L, -2) + 31 * (uintptr_t)lua_topointer(L, -1);
    return (fingerprint ^ pair) * 0x9e3779b97f4a7c15ULL + 1;
}

/* Stack: table, table, fingerprint → */
static int fingerprint_protected(lua_State *L) {
    unsigned long long fingerprint = 0;
    for (int table = 1; table <= 2; table++) {
        for (lua_pushnil(L); lua_next(L, table); lua_settop(L, -2)) fingerprint = mix(L, fingerprint);
    }
    *(unsigned long long *)lua_touserdata(L, 3) = fingerprint;
    return 0;
}

unsigned long long pmap_tables_fingerprint(lua_State *L, int first, int second) {
    unsigned long long fingerprint = 0;
    first = lua_absindex(L, first);
    second = lua_absindex(L, second);
    lua_pushcfunction(L, fingerprint_protected);
    lua_pushvalue(L, first);
    lua_pushvalue(L, second);
    lua_pushlightuserdata(L, &fingerprint);
    if (lua_pcall(L, 3, 0, 0) != LUA_OK) lua_settop(L, -2);
    return fingerprint;
}

/* Stack: table, fingerprint → */
static int members_fingerprint_protected(lua_State *L) {
    unsigned long long fingerprint = 0;
    for (lua_pushnil(L); lua_next(L, 1); lua_settop(L, 3)) {
        fingerprint = mix(L, fingerprint);
        if (lua_type(L, 4) != LUA_TTABLE) continue;
        for (lua_pushnil(L); lua_next(L, 4); lua_settop(L, -2)) fingerprint = mix(L, fingerprint);
    }
    *(unsigned long long *)lua_touserdata(L, 2) = fingerprint;
    return 0;
}

unsigned long long pmap_members_fingerprint(lua_State *L, int table) {
    unsigned long long fingerprint = 0;
    table = lua_absindex(L, table);
    lua_pushcfunction(L, members_fingerprint_protected);
    lua_pushvalue(L, table);
    lua_pushlightuserdata(L, &fingerprint);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) lua_settop(L, -2);
    return fingerprint;
}
