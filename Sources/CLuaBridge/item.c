#include "item.h"

void pmap_begin_item(lua_State *L, int base, int task, unsigned long long item) {
    pmap_library_begin_item(item);
    lua_settop(L, base);
    lua_pushvalue(L, task);
}

pmap_answer pmap_run_item(lua_State *L, int handler, long long index) {
    int below = lua_gettop(L) - 2;
    lua_pushinteger(L, index);
    pmap_answer answer = {.status = pmap_call_handled(L, 2, LUA_MULTRET, handler)};
    answer.results = lua_gettop(L) - below;
    answer.type = lua_type(L, below + 1);
    answer.printed = pmap_has_captured();
    answer.uses_seed = pmap_library_uses_seed();
    if (answer.results == 1 && answer.type == LUA_TSTRING) answer.text = lua_tolstring(L, -1, &answer.length);
    return answer;
}
