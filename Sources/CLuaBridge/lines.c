/* The standard output of a script whose processes write to it together: a line stays whole, whoever writes meanwhile. A
 * file and a terminal see to that themselves; a pipe, which takes no more than 4096 bytes at once for sure, is locked, and
 * so is a socket. */
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { longest_line = 64 << 10 };

static bool needs_lock(void) {
    struct stat status;
    return fstat(STDOUT_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/* A record lock belongs to the process, goes with it, and is the same for all who have the pipe. */
static void lock(short type) {
    struct flock all = {.l_type = type, .l_whence = SEEK_SET};
    while (fcntl(STDOUT_FILENO, F_SETLKW, &all) != 0 && errno == EINTR) {}
}

static bool write_all(const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = write(STDOUT_FILENO, bytes, size);
        if (count >= 0) {
            bytes += count;
            size -= (size_t)count;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = STDOUT_FILENO, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static ssize_t write_lines(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    bool is_locked = needs_lock();
    if (is_locked) lock(F_WRLCK);
    bool is_written = write_all(bytes, size);
    int reason = errno;
    if (is_locked) lock(F_UNLCK);
    errno = reason;
    return is_written ? (ssize_t)size : 0;
}

static int write_whole_lines(lua_State *L) {
    static char buffer[longest_line]; /* setvbuf makes none of a size that it is told */
    FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_lines});
    if (!stream) return luaL_error(L, "no memory for standard output");
    setvbuf(stream, buffer, _IOLBF, sizeof buffer);
    pmap_lead_output_to(L, stream);
    return 0;
}

int pmap_write_whole_lines(lua_State *L) {
    if (fileno(stdout) != STDOUT_FILENO) return LUA_OK; /* it leads somewhere else */
    lua_pushcfunction(L, write_whole_lines);
    return lua_pcall(L, 0, 0, 0);
}
