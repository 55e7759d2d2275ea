/* os.execute and io.popen as in lua, but their programs end with this process, however that one ends. */
#define _GNU_SOURCE
#include "changes.h"
#include "interruption.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "program.h"

static int execute(lua_State *L) {
    const char *command = luaL_optstring(L, 1, NULL);
    if (!command) {
        lua_pushboolean(L, access("/bin/sh", X_OK) == 0);
        return 1;
    }
    int status = pmap_run_shell(command, pmap_is_interrupted);
    if (status != -1) errno = 0;
    return luaL_execresult(L, status);
}

typedef struct {
    luaL_Stream file;
    pmap_shell *shell;
} program_file;

static int close_program(lua_State *L) {
    program_file *program = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    int status = pmap_close_shell(program->shell);
    if (status != -1) errno = 0;
    return luaL_execresult(L, status);
}

static int open_program(lua_State *L) {
    const char *command = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
    luaL_argcheck(L, (mode[0] == 'r' || mode[0] == 'w') && !mode[1], 2, "invalid mode");
    program_file *program = lua_newuserdatauv(L, sizeof *program, 0);
    *program = (program_file){0}; /* a file that is closed */
    luaL_setmetatable(L, LUA_FILEHANDLE);
    fflush(NULL);
    program->shell = pmap_open_shell(command, mode[0] == 'r', pmap_is_interrupted);
    if (!program->shell) return luaL_fileresult(L, 0, command);
    program->file.f = program->shell->stream;
    program->file.closef = close_program;
    return 1;
}

static void end_programs(void) { pmap_end_shells(-1); }

void pmap_change_programs(lua_State *L) {
    static bool is_registered;
    if (!is_registered) is_registered = atexit(end_programs) == 0; /* os.exit */
    lua_getglobal(L, LUA_OSLIBNAME);
    lua_pushcfunction(L, execute);
    lua_setfield(L, -2, "execute");
    lua_getglobal(L, LUA_IOLIBNAME);
    lua_pushcfunction(L, open_program);
    lua_setfield(L, -2, "popen");
    lua_pop(L, 2);
}
