/* fork and wait for lua-fork.lua, which has no other way to them under Lua 5.4. scripts/bench builds it. */
#include <lauxlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int forked(lua_State *L) {
    lua_pushinteger(L, fork());
    return 1;
}

static int waited(lua_State *L) {
    lua_pushinteger(L, wait(NULL));
    return 1;
}

int luaopen_fork(lua_State *L) {
    luaL_Reg functions[] = {{"fork", forked}, {"wait", waited}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
