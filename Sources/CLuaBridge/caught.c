/* A pcall that records the error it has caught, and where that was raised. */
#include "caught.h"

#include <stdio.h>
#include <string.h>

enum { most_levels = 20 };

typedef struct {
    char source[LUA_IDSIZE], name[40];
    const char *name_kind, *what; /* static strings of Lua */
    int line, defined;
    bool is_tail_call;
} level;

static struct {
    bool is_on, is_latest; /* the last pcall is the one that has caught it */
    level levels[most_levels];
    int count;
    bool has_more;
} caught;

static const char value_key = 0;

static void record_level(lua_State *L, lua_Debug *where, level *saved) {
    lua_getinfo(L, "Slnt", where);
    memcpy(saved->source, where->short_src, sizeof saved->source);
    snprintf(saved->name, sizeof saved->name, "%s", where->name ? where->name : "");
    saved->name_kind = where->namewhat;
    saved->what = where->what;
    saved->line = where->currentline;
    saved->defined = where->linedefined;
    saved->is_tail_call = where->istailcall;
}

/* A message handler. Stack: value → value */
static int record_error(lua_State *L) {
    lua_Debug where;
    lua_settop(L, 1);
    for (caught.count = 0; caught.count < most_levels && lua_getstack(L, caught.count + 1, &where); caught.count++)
        record_level(L, &where, &caught.levels[caught.count]);
    caught.has_more = caught.count == most_levels && lua_getstack(L, most_levels + 1, &where);
    lua_pushvalue(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &value_key);
    return 1;
}

/* Stack: handler or nil, true, results… → results, with true in front; or handler or nil, …, value → false, value */
static int finish(lua_State *L, int status, lua_KContext is_recorded) {
    bool failed = status != LUA_OK && status != LUA_YIELD;
    if (is_recorded) caught.is_latest = failed;
    if (!failed) return lua_gettop(L) - 1;
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

/* Whether a pcall is the script's own: modules that are part of the program catch errors of theirs. */
static bool is_called_by_script(lua_State *L) {
    lua_Debug where;
    if (!lua_getstack(L, 1, &where)) return true;
    lua_getinfo(L, "S", &where);
    return *where.what == 'C' || !(where.source[0] == '=' && where.source[1] == '[');
}

/* Lua's pcall, with a message handler if errors are saved. */
static int protected_call(lua_State *L) {
    luaL_checkany(L, 1);
    bool is_recorded = caught.is_on && is_called_by_script(L);
    if (is_recorded) lua_pushcfunction(L, record_error);
    else lua_pushnil(L);
    lua_insert(L, 1);
    lua_pushboolean(L, true);
    lua_insert(L, 2);
    int status = lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, is_recorded ? 1 : 0, is_recorded, finish);
    return finish(L, status, is_recorded);
}

static int change(lua_State *L) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, LUA_GNAME);
    lua_pushcfunction(L, protected_call);
    lua_setfield(L, -2, "pcall");
    return 0;
}

int pmap_change_pcall(lua_State *L) {
    lua_pushcfunction(L, change);
    return lua_pcall(L, 0, 0, 0);
}

void pmap_record_caught(void) { caught.is_on = true; }

/* Worded as by luaL_traceback. */
static void add_level(luaL_Buffer *text, const level *saved) {
    char line[2 * LUA_IDSIZE + 80];
    int length = snprintf(line, sizeof line, saved->line > 0 ? "\n\t%s:%d: in " : "\n\t%s: in ", saved->source, saved->line);
    luaL_addlstring(text, line, (size_t)length);
    bool is_c = *saved->what == 'C', is_global = strcmp(saved->name_kind, "global") == 0;
    if (*saved->name_kind)
        length = snprintf(line, sizeof line, "%s '%s'", is_c || is_global ? "function" : saved->name_kind, saved->name);
    else if (*saved->what == 'm') length = snprintf(line, sizeof line, "main chunk");
    else if (is_c) length = snprintf(line, sizeof line, "?");
    else length = snprintf(line, sizeof line, "function <%s:%d>", saved->source, saved->defined);
    luaL_addlstring(text, line, (size_t)length);
    if (saved->is_tail_call) luaL_addstring(text, "\n\t(...tail calls...)");
}

static int describe(lua_State *L) {
    luaL_Buffer text;
    luaL_buffinit(L, &text);
    luaL_addstring(&text, "stack traceback:");
    for (int each = 0; each < caught.count; each++) add_level(&text, &caught.levels[each]);
    if (caught.has_more) luaL_addstring(&text, "\n\t...");
    luaL_pushresult(&text);
    return 1;
}

bool pmap_push_caught(lua_State *L) {
    if (!caught.count) return false;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &value_key);
    lua_pushcfunction(L, describe);
    if (lua_pcall(L, 0, 1, 0) != LUA_OK) lua_pop(L, 2);
    else lua_pushboolean(L, caught.is_latest);
    return lua_type(L, -1) == LUA_TBOOLEAN;
}
