/* io.stderr: what one call of its `write` is given is written at once and in one piece, so that lines of several processes
 * do not tear each other apart, and nothing is kept back. */
#define _GNU_SOURCE
#include <stdio.h>

#include "changes.h"
#include "posix_bridge.h"

/* A process has one state. */
static struct {
    luaL_Stream *file;
    lua_CFunction write; /* Lua's own, for any file */
    FILE *collector;     /* where the pieces of a call come together */
    char *bytes;
    size_t length;
} errors;

static bool has_only_text(lua_State *L) {
    for (int each = lua_gettop(L); each > 1; each--) {
        if (!lua_isstring(L, each)) return false; /* a number is */
    }
    return true;
}

/* Stack: file, texts… → file, or nil, message and code */
static int write_piece(lua_State *L) {
    if (lua_touserdata(L, 1) != errors.file || errors.file->f != stderr || !errors.file->closef || !has_only_text(L)) {
        return errors.write(L);
    }
    if (!errors.collector) errors.collector = open_memstream(&errors.bytes, &errors.length);
    if (!errors.collector) return errors.write(L);
    rewind(errors.collector);
    errors.file->f = errors.collector;
    int results = errors.write(L); /* raises nothing: it has only text */
    errors.file->f = stderr;
    fflush(errors.collector);
    fflush(stderr); /* of C code */
    if (errors.length == 0 || pmap_write_whole(STDERR_FILENO, errors.bytes, errors.length)) return results;
    return luaL_fileresult(L, 0, NULL);
}

void pmap_change_standard_error(lua_State *L) {
    lua_getglobal(L, LUA_IOLIBNAME);
    lua_getfield(L, -1, "stderr");
    errors.file = luaL_checkudata(L, -1, LUA_FILEHANDLE);
    luaL_getmetafield(L, -1, "__index");
    lua_getfield(L, -1, "write");
    errors.write = lua_tocfunction(L, -1);
    lua_pushcfunction(L, write_piece);
    lua_setfield(L, -3, "write");
    lua_pop(L, 4);
}
