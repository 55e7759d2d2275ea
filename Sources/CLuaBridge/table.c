/* Reading tables by lua_next, which may raise: many pairs for one protected call. */
#include "bridge.h"

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

/* Stack: table, shape → */
static int shape_protected(lua_State *L) {
    pmap_shape *shape = lua_touserdata(L, 2);
    lua_Integer entries = 0, largest = 0;
    bool integers = true;
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        entries++;
        if (integers) {
            integers = lua_isinteger(L, 2) && lua_tointeger(L, 2) > 0;
            if (integers && lua_tointeger(L, 2) > largest) largest = lua_tointeger(L, 2);
        }
        lua_settop(L, 2);
    }
    *shape = (pmap_shape){entries, integers && largest == entries};
    return 0;
}

pmap_shape pmap_table_shape(lua_State *L, int table) {
    pmap_shape shape = {-1, false};
    table = lua_absindex(L, table);
    lua_pushcfunction(L, shape_protected);
    lua_pushvalue(L, table);
    lua_pushlightuserdata(L, &shape);
    if (lua_pcall(L, 2, 0, 0) != LUA_OK) lua_settop(L, -2);
    return shape;
}
