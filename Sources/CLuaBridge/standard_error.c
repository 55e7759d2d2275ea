/* io.stderr, unbuffered: the arguments of one call of its `write` are written together, so that lines of several
 * processes do not mix. */
#define _GNU_SOURCE
#include <stdio.h>

#include "changes.h"
#include "posix_bridge.h"

/* A process has one state. */
static struct {
    luaL_Stream *file;
    lua_CFunction write; /* Lua's own, for any file */
    FILE *buffer;        /* the arguments of a call */
    char *bytes;
    size_t length;
} errors;

static bool has_only_strings(lua_State *L) {
    for (int each = lua_gettop(L); each > 1; each--) {
        if (!lua_isstring(L, each)) return false; /* true also for a number */
    }
    return true;
}

/* Stack: file, strings… → file, or nil, message and code */
static int write_at_once(lua_State *L) {
    if (lua_touserdata(L, 1) != errors.file || errors.file->f != stderr || !errors.file->closef || !has_only_strings(L)) {
        return errors.write(L);
    }
    if (!errors.buffer) errors.buffer = open_memstream(&errors.bytes, &errors.length);
    if (!errors.buffer) return errors.write(L);
    rewind(errors.buffer);
    errors.file->f = errors.buffer;
    int results = errors.write(L); /* raises nothing: it has only strings */
    errors.file->f = stderr;
    fflush(errors.buffer);
    fflush(stderr); /* of C code */
    if (errors.length == 0 || pmap_write_atomically(STDERR_FILENO, errors.bytes, errors.length)) return results;
    return luaL_fileresult(L, 0, NULL);
}

void pmap_change_standard_error(lua_State *L) {
    lua_getglobal(L, LUA_IOLIBNAME);
    lua_getfield(L, -1, "stderr");
    errors.file = luaL_checkudata(L, -1, LUA_FILEHANDLE);
    luaL_getmetafield(L, -1, "__index");
    lua_getfield(L, -1, "write");
    errors.write = lua_tocfunction(L, -1);
    lua_pushcfunction(L, write_at_once);
    lua_setfield(L, -3, "write");
    lua_pop(L, 4);
}
