/* Protected calls: errors become a status, a message that is always a string, and a traceback. */
#include "bridge.h"
#include "library.h"
#include "original.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "changes.h"

static const char traceback_key = 0;
static bool hides_last_level, has_emitted;

void pmap_hide_last_level(bool hides) { hides_last_level = hides; }

void pmap_set_emitted(void) { has_emitted = true; }

bool pmap_clear_emitted(void) {
    bool emitted = has_emitted;
    has_emitted = false;
    return emitted;
}

pmap_heap *pmap_heap_of(lua_State *L) {
    void *heap;
    lua_getallocf(L, &heap);
    return heap;
}

static int call_as_script(lua_State *L, int arguments, int results, int handler) {
    pmap_heap *heap = pmap_heap_of(L);
    bool before = pmap_heap_set_fallible(heap, true);
    bool was_original = pmap_is_original();
    int status = lua_pcall(L, arguments, results, handler);
    if (was_original && !pmap_is_original()) pmap_leave_item_as_copy();
    pmap_heap_set_fallible(heap, before);
    return status;
}

static int tostring_protected(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    lua_tolstring(L, -1, NULL); /* a __tostring may return a number */
    return 1;
}

/* Numbers and values with a __tostring. */
static bool has_string_form(lua_State *L) {
    if (lua_type(L, -1) == LUA_TNUMBER) return true;
    if (!lua_getmetatable(L, -1)) return false;
    lua_pushliteral(L, "__tostring");
    bool has_tostring = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return has_tostring;
}

/* Stack: error value → message, worded as by lua. Its __tostring may fail, or be what failed. */
static void describe(lua_State *L) {
    if (lua_type(L, -1) == LUA_TSTRING) return;
    const char *kind = luaL_typename(L, -1);
    if (has_string_form(L)) {
        lua_pushcfunction(L, tostring_protected);
        lua_pushvalue(L, -2);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK) {
            lua_replace(L, -2);
            return;
        }
        lua_pop(L, 1);
    }
    lua_pushfstring(L, "(error object is a %s value)", kind);
    lua_replace(L, -2);
}

static const char hints_key = 0;

/* Stack: message → message with what to write instead. Loads the module that knows. */
static int add_hint(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &hints_key) != LUA_TFUNCTION) {
        luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
        if (lua_getfield(L, -1, "pmap.hints") != LUA_TFUNCTION) return 0;
        lua_pushliteral(L, "pmap.hints");
        lua_call(L, 1, 1);
        lua_getfield(L, -1, "add");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &hints_key);
    }
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 4); /* the hints, this, the handler, and then what has raised */
    lua_call(L, 2, 1);
    return 1;
}

/* Stack: message → message, of an error of Lua's own that it was meant for something else maybe with what that is */
static void explain(lua_State *L) {
    const char *text = lua_tostring(L, 1);
    if (!strstr(text, "attempt to call a nil value (") && !strstr(text, "attempt to index a nil value (global")
        && !strstr(text, "got a non-closable value"))
        return;
    lua_pushcfunction(L, add_hint);
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) lua_replace(L, 1);
    lua_settop(L, 1);
}

/* Stack: traceback → the same without the C function that has called the script's. */
static void forget_last_level(lua_State *L) {
    static const char level[] = "\n\t[C]: in ?";
    size_t length, last = sizeof level - 1;
    const char *text = lua_tolstring(L, -1, &length);
    if (length < last || strcmp(text + length - last, level) != 0) return;
    lua_pushlstring(L, text, length - last);
    lua_replace(L, -2);
}

/* Stack: → where an error object was raised in another process, and a line that ends it; or → (nothing), and false */
static bool push_origin(lua_State *L, int error) {
    static const char head[] = "stack traceback:";
    if (lua_type(L, error) != LUA_TTABLE) return false;
    lua_pushliteral(L, "traceback");
    const char *text = lua_rawget(L, error) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    const char *levels = text ? strstr(text, head) : NULL;
    if (levels) lua_pushfstring(L, "%s\n\t(...raised again in another process...)", levels);
    lua_remove(L, levels ? -2 : -1);
    return levels != NULL;
}

/* Stack: origin, traceback → both in one */
static void join_tracebacks(lua_State *L) {
    const char *levels = strchr(lua_tostring(L, -1), '\n');
    lua_pushstring(L, levels ? levels : "");
    lua_remove(L, -2);
    lua_concat(L, 2);
}

static int handle_error(lua_State *L) {
    lua_settop(L, 1);
    if (lua_type(L, 1) == LUA_TSTRING) explain(L);
    bool has_origin = push_origin(L, 1);
    lua_pushvalue(L, 1);
    describe(L);
    lua_replace(L, 1);
    luaL_traceback(L, L, NULL, 1);
    if (hides_last_level) forget_last_level(L);
    if (has_origin) join_tracebacks(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
    lua_settop(L, 1);
    return 1;
}

void pmap_push_handler(lua_State *L) { lua_pushcfunction(L, handle_error); }

void pmap_push_traceback(lua_State *L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key); }

int pmap_call_handled(lua_State *L, int arguments, int results, int handler) {
    int status = call_as_script(L, arguments, results, handler);
    if (status != LUA_OK && status != LUA_ERRRUN) {
        /* No handler ran: out of memory, or the handler itself failed. */
        lua_pushnil(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
        describe(L);
    }
    return status;
}

int pmap_call(lua_State *L, int arguments, int results) {
    int handler = lua_gettop(L) - arguments;
    pmap_push_handler(L);
    lua_insert(L, handler);
    int status = pmap_call_handled(L, arguments, results, handler);
    lua_remove(L, handler);
    return status;
}

int pmap_tostring(lua_State *L) {
    lua_pushcfunction(L, tostring_protected);
    lua_insert(L, -2);
    return pmap_call(L, 1, 1);
}

typedef struct {
    const char *source;
    size_t size, read;
} counted_source;

static const char *read_byte(lua_State *L, void *data, size_t *size) {
    counted_source *counted = data;
    (void)L;
    *size = counted->read < counted->size;
    return *size ? &counted->source[counted->read++] : NULL;
}

int pmap_load_counting(lua_State *L, const char *source, size_t size, const char *name, size_t *read) {
    counted_source counted = {source, size, 0};
    int status = lua_load(L, read_byte, &counted, name, "t");
    *read = counted.read;
    return status;
}

/* A host function and its context; collected with the closure. */
typedef struct {
    pmap_host_function function;
    void *context;
    pmap_release release;
} host_function;

static const char host_metatable_key = 0;

static int call_host(lua_State *L) {
    const host_function *host = lua_touserdata(L, lua_upvalueindex(1));
    pmap_heap *heap = pmap_heap_of(L);
    bool before = pmap_heap_set_fallible(heap, false);
    int results = host->function(L, host->context);
    pmap_heap_set_fallible(heap, before);
    return results == PMAP_RAISE ? lua_error(L) : results; /* the Swift frame is gone */
}

static int release_host(lua_State *L) {
    const host_function *host = lua_touserdata(L, 1);
    host->release(host->context);
    return 0;
}

void pmap_push_function(lua_State *L, pmap_host_function function, void *context, pmap_release release) {
    host_function *host = lua_newuserdatauv(L, sizeof *host, 0);
    *host = (host_function){function, context, release};
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &host_metatable_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, release_host);
        lua_setfield(L, -2, "__gc");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &host_metatable_key);
    }
    lua_setmetatable(L, -2);
    lua_pushcclosure(L, call_host, 1);
}

bool pmap_is_module(const lua_Debug *where) { return where->source[0] == '=' && where->source[1] == '['; }

bool pmap_is_script(lua_State *L, lua_Debug *where) {
    lua_getinfo(L, "Sl", where);
    return where->currentline > 0 && !pmap_is_module(where);
}

void pmap_push_position(lua_State *L) {
    lua_Debug where;
    for (int level = 1; lua_getstack(L, level, &where); level++) {
        if (!pmap_is_script(L, &where)) continue;
        lua_pushfstring(L, "%s:%d: ", where.short_src, where.currentline);
        return;
    }
    lua_pushliteral(L, "");
}

static int open_libraries(lua_State *L) {
    luaL_openlibs(L);
    pmap_change_programs(L);
    pmap_change_lines(L);
    pmap_change_standard_error(L);
    return 0;
}

static int panic(lua_State *L) {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "pmap: an error outside any protected call: %s\n", message ? message : "(not a string)");
    _exit(3);
}

/* As in lua: warn("@on") and warn("@off") switch; a warning may come in pieces. */
static void warn(void *userdata, const char *message, int to_be_continued) {
    static bool on, continued;
    (void)userdata;
    if (!continued && !to_be_continued && message[0] == '@') {
        if (message[1] == 'o') on = message[2] == 'n';
        return;
    }
    if (on) fprintf(stderr, "%s%s%s", continued ? "" : "Lua warning: ", message, to_be_continued ? "" : "\n");
    continued = to_be_continued;
}

lua_State *pmap_new_state(pmap_heap *heap) {
    lua_State *L = lua_newstate(pmap_heap_allocate, heap);
    if (!L) return NULL;
    lua_atpanic(L, panic);
    lua_setwarnf(L, warn, NULL);
    lua_pushcfunction(L, open_libraries);
    if (lua_pcall(L, 0, 0, 0) == LUA_OK) return L;
    lua_close(L);
    return NULL;
}
