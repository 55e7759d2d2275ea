/* The standard output of a script whose processes share it: a line is written whole, never inside another's. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "library.h"
#include "posix_bridge.h"

enum { longest_line = 64 << 10 };

static ssize_t write_lines(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    return pmap_write_atomically(STDOUT_FILENO, bytes, size) ? (ssize_t)size : 0;
}

static int write_whole_lines(lua_State *L) {
    static char buffer[longest_line]; /* setvbuf(3) would ignore the size of a buffer of its own */
    FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_lines});
    if (!stream) return luaL_error(L, "no memory for standard output");
    setvbuf(stream, buffer, _IOLBF, sizeof buffer);
    pmap_redirect_output(L, stream);
    return 0;
}

int pmap_write_whole_lines(lua_State *L) {
    if (fileno(stdout) != STDOUT_FILENO) return LUA_OK; /* it is redirected */
    lua_pushcfunction(L, write_whole_lines);
    return lua_pcall(L, 0, 0, 0);
}
