/* The standard output of a script, as a stream that tells why a write has failed. */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "interruption.h"
#include "library.h"
#include "script_output.h"

enum { longest_line = 64 << 10 };

static bool writes_whole_lines;

static ssize_t write_output(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    return pmap_write_script_output(bytes, size, writes_whole_lines, pmap_is_interrupted) ? (ssize_t)size : 0;
}

static int seek_output(void *cookie, off64_t *offset, int origin) {
    (void)cookie;
    *offset = lseek64(STDOUT_FILENO, *offset, origin);
    return *offset < 0 ? -1 : 0;
}

static int begin_output(lua_State *L) {
    FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_output, .seek = seek_output});
    if (!stream) return luaL_error(L, "no memory for standard output");
    stream->_fileno = STDOUT_FILENO; /* for C libraries that ask whether it is a terminal */
    if (isatty(STDOUT_FILENO)) setvbuf(stream, NULL, _IOLBF, 0);
    pmap_redirect_output(L, stream);
    pmap_begin_script_output();
    return 0;
}

int pmap_begin_output(lua_State *L) {
    lua_pushcfunction(L, begin_output);
    return lua_pcall(L, 0, 0, 0);
}

void pmap_write_whole_lines(void) {
    static char buffer[longest_line]; /* setvbuf(3) would ignore the size of a buffer of its own */
    if (fileno(stdout) != STDOUT_FILENO) return; /* it is redirected */
    writes_whole_lines = true;
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
}
