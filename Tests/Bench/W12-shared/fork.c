/* fork and wait for lua-fork.lua, and a clock for replacement.lua, which have no other way to them under Lua 5.4.
 * scripts/bench builds it. */
#include <lua5.4/lauxlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int forked(lua_State *L) {
    lua_pushinteger(L, fork());
    return 1;
}

static int waited(lua_State *L) {
    lua_pushinteger(L, wait(NULL));
    return 1;
}

static int told(lua_State *L) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    lua_pushnumber(L, (double)now.tv_sec + (double)now.tv_nsec / 1e9);
    return 1;
}

int luaopen_fork(lua_State *L) {
    luaL_Reg functions[] = {{"fork", forked}, {"wait", waited}, {"clock", told}, {NULL, NULL}};
    luaL_newlib(L, functions);
    return 1;
}
