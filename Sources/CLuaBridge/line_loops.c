/* Loops over lines, and what opens files for them: an interruption ends them as it ends other waits. Lua's own versions raise
 * that a system call was interrupted, and the script would see that error instead. */
#define _GNU_SOURCE
#include "changes.h"
#include "interruption.h"

#include <stdio.h>
#include <string.h>

/* Stack: error → (raises it, or the interruption, as from the caller) */
static int raise_again(lua_State *L) {
    const char *text = pmap_receive_interruption(L);
    if (text) return luaL_error(L, "%s", text);
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* The library's own functions. */
static lua_CFunction library_lines, library_file_lines, library_input, library_output, library_next;

/* The upvalues of the library's function for a loop, by its source: the file, how many formats there are, whether it closes the
 * file, and the formats. */
enum { file_upvalue = 1, formats_upvalue = 2, fixed_upvalues = 3 };

/* Whether the next line has been read by now. */
static bool has_line(lua_State *L) {
    const luaL_Stream *file = lua_touserdata(L, lua_upvalueindex(file_upvalue));
    const FILE *stream = file->closef ? file->f : NULL;
    return stream && stream->_IO_read_ptr < stream->_IO_read_end
        && memchr(stream->_IO_read_ptr, '\n', (size_t)(stream->_IO_read_end - stream->_IO_read_ptr));
}

/* The function that a loop calls. Upvalues: those of the library's own, and that. */
static int next_line(lua_State *L) {
    int formats = (int)lua_tointeger(L, lua_upvalueindex(formats_upvalue));
    if (formats == 0 && has_line(L)) return library_next(L); /* without a protected call, which takes a third as long */
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(fixed_upvalues + formats + 1));
    return lua_pcall(L, 0, LUA_MULTRET, 0) == LUA_OK ? lua_gettop(L) : raise_again(L);
}

/* Stack: …, the library's function for a loop, results after the first… → the same with this one's */
static int replace_iterator(lua_State *L, int results) {
    int library = lua_absindex(L, -results), count = 0;
    luaL_checkstack(L, 256, "too many arguments");
    library_next = lua_tocfunction(L, library);
    while (lua_getupvalue(L, library, count + 1)) count++;
    lua_pushvalue(L, library);
    lua_pushcclosure(L, next_line, count + 1);
    lua_replace(L, library);
    return results;
}

/* Lua's own, with the arguments on the stack. Opening a named pipe waits. */
static int open_with(lua_State *L, lua_CFunction function) {
    if (lua_type(L, 1) == LUA_TSTRING) {
        int arguments = lua_gettop(L);
        luaL_checkstack(L, arguments + 4, "too many arguments");
        lua_pushcfunction(L, function);
        for (int each = 1; each <= arguments; each++) lua_pushvalue(L, each);
        if (lua_pcall(L, arguments, LUA_MULTRET, 0) == LUA_OK) return lua_gettop(L) - arguments;
        if (pmap_is_interrupted()) return raise_again(L);
        lua_settop(L, arguments);
    }
    return function(L); /* an error names this function and its caller */
}

static int lines(lua_State *L) { return replace_iterator(L, open_with(L, library_lines)); }
static int file_lines(lua_State *L) { return replace_iterator(L, library_file_lines(L)); }
static int input(lua_State *L) { return open_with(L, library_input); }
static int output(lua_State *L) { return open_with(L, library_output); }

void pmap_change_lines(lua_State *L) {
    lua_getglobal(L, LUA_IOLIBNAME);
    library_lines = pmap_replace_function(L, "lines", lines);
    library_input = pmap_replace_function(L, "input", input);
    library_output = pmap_replace_function(L, "output", output);
    lua_getfield(L, -1, "stdin");
    luaL_getmetafield(L, -1, "__index");
    library_file_lines = pmap_replace_function(L, "lines", file_lines);
    lua_pop(L, 3);
}
