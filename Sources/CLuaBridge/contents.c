/* A table's keys, in one pass: a writer of tables must know them all before its first byte. */
#include "bridge.h"

/* Stack: table, contents → key, value, key, value, … */
static int contents_protected(lua_State *L) {
    pmap_contents *contents = lua_touserdata(L, 2);
    lua_Integer entries = 0, largest = 0;
    int limit = contents->pairs;
    bool keeps_pairs = true;
    luaL_checkstack(L, 2 * limit + 4, NULL);
    lua_settop(L, 1);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_Integer key = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
        entries++;
        if (key <= 0) largest = -1;
        else if (largest >= 0 && key > largest) largest = key;
        if (keeps_pairs && (entries > limit || (entries == 1 && key == 1))) keeps_pairs = false;
        if (keeps_pairs) {
            lua_pushvalue(L, -2); /* … key, value, and the key to go on from */
        } else {
            lua_copy(L, -2, 2);
            lua_settop(L, 2);
        }
    }
    contents->entries = entries;
    contents->largest = largest;
    contents->pairs = keeps_pairs ? (int)entries : 0;
    return 2 * contents->pairs;
}

pmap_contents pmap_table_contents(lua_State *L, int table, int limit) {
    pmap_contents contents = {-1, -1, limit};
    table = lua_absindex(L, table);
    lua_pushcfunction(L, contents_protected);
    lua_pushvalue(L, table);
    lua_pushlightuserdata(L, &contents);
    if (lua_pcall(L, 2, LUA_MULTRET, 0) == LUA_OK) return contents;
    lua_settop(L, -2);
    return (pmap_contents){-1, -1, 0};
}
