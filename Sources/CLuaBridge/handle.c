/* Userdata for the numbers of things outside of Lua, and Lua files on descriptors. */
#include "handle.h"

#include <stdio.h>

typedef struct {
    unsigned long long number;
    void (*drop)(void *context, unsigned long long number);
    void *context;
} handle;

static const char metatable_key = 0, live_key = 0;

/* Stack: → table from numbers to live handles */
static void push_live(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &live_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 0);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "v");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &live_key);
}

/* Drops nothing when the handle was closed, or when another userdata has the number since this one became garbage. */
static int drop_handle(lua_State *L) {
    const handle *dropped = lua_touserdata(L, 1);
    if (dropped->number == 0) return 0;
    push_live(L);
    if (lua_rawgeti(L, -1, (lua_Integer)dropped->number) == LUA_TUSERDATA && lua_touserdata(L, -1) != dropped) return 0;
    pmap_heap *heap = pmap_heap_of(L);
    bool before = pmap_heap_set_fallible(heap, false);
    dropped->drop(dropped->context, dropped->number);
    pmap_heap_set_fallible(heap, before);
    return 0;
}

/* Stack: → metatable of handles */
static void push_metatable(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, drop_handle);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "handle");
    lua_setfield(L, -2, "__name");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

void pmap_push_handle(lua_State *L, unsigned long long number, void (*drop)(void *context, unsigned long long number),
                      void *context) {
    push_live(L);
    if (lua_rawgeti(L, -1, (lua_Integer)number) == LUA_TUSERDATA) {
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    handle *made = lua_newuserdatauv(L, sizeof *made, 0);
    *made = (handle){number, drop, context};
    push_metatable(L);
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)number);
    lua_remove(L, -2);
}

unsigned long long pmap_handle_number(lua_State *L, int index) {
    handle *found = lua_touserdata(L, index);
    if (!found || !lua_getmetatable(L, index)) return 0;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    bool is_handle = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_handle ? found->number : 0;
}

void pmap_forget_handle(lua_State *L, int index) {
    handle *found = lua_touserdata(L, index);
    unsigned long long number = pmap_handle_number(L, index);
    if (!number) return;
    push_live(L);
    lua_pushnil(L);
    lua_rawseti(L, -2, (lua_Integer)number);
    lua_pop(L, 1);
    found->number = 0;
}

static int close_file(lua_State *L) {
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

void pmap_push_file(lua_State *L, int descriptor, const char *mode) {
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    stream->closef = NULL;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    stream->f = fdopen(descriptor, mode);
    stream->closef = stream->f ? close_file : NULL;
}
