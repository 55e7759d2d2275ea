/* Changed functions of the standard library, and the capture of standard output. */
#define _GNU_SOURCE
#include "library.h"
#include "interruption.h"
#include "original.h"
#include "program.h"
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pmap_library_mode mode = PMAP_LOADING;

/* ---- Captured output ----
 *
 * Lua's own output and C's go through `stdout`, which becomes a stream into memory; programs write to a memory
 * file, which is read only when one may have run: a system call for each item would cost as much as the item. */

static struct {
    FILE *stream;
    char *bytes;
    size_t length, capacity;
    int programs;       /* the memory file, or -1 */
    off_t programs_end; /* how much of it was read */
    bool programs_ran;
} captured = {.programs = -1};

static char *reserve_captured(size_t size) {
    if (captured.length + size > captured.capacity) {
        size_t capacity = (captured.length + size) * 2;
        char *bytes = realloc(captured.bytes, capacity);
        if (!bytes) return NULL;
        captured.bytes = bytes;
        captured.capacity = capacity;
    }
    return captured.bytes + captured.length;
}

static ssize_t write_captured(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    char *space = reserve_captured(size);
    if (!space) return 0;
    memcpy(space, bytes, size);
    captured.length += size;
    return (ssize_t)size;
}

static off_t programs_size(void) { return lseek(captured.programs, 0, SEEK_END); }

/* What has been read stays zeros: whoever opens the file to write anew, as in `> /dev/stdout`, has shortened it since. */
static bool is_written_anew(off_t end) {
    char first = 0;
    return end < captured.programs_end || (pread(captured.programs, &first, 1, 0) == 1 && first != 0);
}

/* The file is emptied without being shortened, since a program in the background may add to it at any moment. Only a very
 * long one is shortened, so that it stays below every limit on the size of files. */
static void read_programs_output(void) {
    enum { very_long = 64 << 20 };
    captured.programs_ran = false;
    off_t end = programs_size();
    if (captured.programs_end > 0 && is_written_anew(end)) captured.programs_end = 0;
    off_t start = captured.programs_end;
    while (captured.programs_end < end) {
        size_t rest = (size_t)(end - captured.programs_end);
        char *space = reserve_captured(rest);
        ssize_t count = space ? pread(captured.programs, space, rest, captured.programs_end) : 0;
        if (count <= 0) break;
        captured.length += (size_t)count;
        captured.programs_end += count;
    }
    if (captured.programs_end == start) return;
    if (captured.programs_end > very_long && programs_size() == captured.programs_end &&
        ftruncate(captured.programs, 0) == 0) {
        captured.programs_end = 0;
    } else {
        fallocate(captured.programs, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, captured.programs_end);
    }
}

static void flush_captured(void) {
    if (captured.stream && __fpending(captured.stream)) fflush(captured.stream);
}

bool pmap_has_captured(void) {
    return captured.length > 0 || captured.programs_ran || (captured.stream && __fpending(captured.stream));
}

bool pmap_has_printed(void) { return __fbufsize(stdout) > 0; }

const char *pmap_read_captured(size_t *length, bool all) {
    flush_captured();
    if (all) fflush(stderr);
    if (captured.programs >= 0 && (all || captured.programs_ran)) read_programs_output();
    *length = captured.length;
    captured.length = 0;
    return captured.bytes;
}

/* Stack: library, name → function of that library */
static void push_member(lua_State *L, const char *library, const char *name) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, library);
    lua_getfield(L, -1, name);
    lua_replace(L, -3);
    lua_pop(L, 1);
}

void pmap_redirect_output(lua_State *L, FILE *stream) {
    fflush(NULL);
    stdout = stream;
    push_member(L, LUA_IOLIBNAME, "stdout");
    luaL_Stream *file = luaL_testudata(L, -1, LUA_FILEHANDLE);
    if (file) file->f = stream;
}

static int begin_capture(lua_State *L) {
    captured.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_captured});
    if (!captured.stream) return luaL_error(L, "no memory for capturing output");
    setvbuf(captured.stream, NULL, _IOFBF, 64 << 10);
    pmap_redirect_output(L, captured.stream);
    setvbuf(stderr, NULL, _IOLBF, 64 << 10); /* lines of many workers stay whole */
    return 0;
}

static int begin_producing(lua_State *L) {
    pmap_redirect_output(L, stderr);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    captured.programs = -1;
    pmap_random_end_script();
    mode = PMAP_PRODUCING;
    return 0;
}

int pmap_begin_producing(lua_State *L) {
    lua_pushcfunction(L, begin_producing);
    return lua_pcall(L, 0, 0, 0);
}

int pmap_begin_capture(lua_State *L, int programs, pmap_library_mode new_mode) {
    lua_pushcfunction(L, begin_capture);
    int status = lua_pcall(L, 0, 0, 0);
    if (status != LUA_OK) return status;
    fcntl(programs, F_SETFL, O_APPEND); /* whoever writes, whenever the file is emptied */
    dup2(programs, STDOUT_FILENO);
    captured.programs = programs;
    pmap_random_end_script();
    mode = new_mode;
    return LUA_OK;
}

/* ---- Programs ---- */

/* Stack: arguments… → results… of the function in upvalue 1 */
static int call_original(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int run_shell(lua_State *L) {
    int status = pmap_run_shell_until(luaL_checkstring(L, 1), pmap_is_interrupted);
    if (status != -1) errno = 0;
    return luaL_execresult(L, status);
}

static int execute(lua_State *L) {
    flush_captured();
    int results = mode == PMAP_WITHOUT_WORKER && !lua_isnoneornil(L, 1) ? run_shell(L) : call_original(L);
    if (captured.programs >= 0) read_programs_output();
    return results;
}

static int open_program(lua_State *L) {
    flush_captured();
    captured.programs_ran = captured.programs >= 0;
    return call_original(L);
}

void pmap_before_program(void) {
    if (captured.stream) {
        flush_captured();
        captured.programs_ran = captured.programs >= 0;
    } else {
        fflush(stdout);
    }
}

void pmap_after_program(void) {
    flush_captured();
    if (captured.programs >= 0) read_programs_output();
}

/* The forked process writes to the memory file, as programs do. */
static int end_capture(lua_State *L) {
    int output = captured.programs < 0 ? -1 : dup(captured.programs);
    FILE *stream = output < 0 ? NULL : fdopen(output, "w");
    if (!stream) return luaL_error(L, "no memory for a stream to standard output");
    pmap_redirect_output(L, stream);
    setvbuf(stream, NULL, _IOLBF, 64 << 10);
    captured.stream = NULL;
    captured.length = 0;
    captured.programs = -1;
    captured.programs_ran = false;
    mode = PMAP_FORKED;
    return 0;
}

int pmap_end_capture(lua_State *L) {
    if (!captured.stream) return LUA_OK;
    lua_pushcfunction(L, end_capture);
    return lua_pcall(L, 0, 0, 0);
}

static char script_name[256];
static int exit_status = -1; /* of os.exit, which was called without a worker */

bool pmap_clear_exit_status(int *status) {
    *status = exit_status;
    exit_status = -1;
    return *status >= 0;
}

static int exit_process(lua_State *L) {
    int status = lua_isboolean(L, 1) ? (lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE)
                                     : (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
    if (mode == PMAP_FORKED || !pmap_is_original()) {
        fflush(NULL);
        _exit(status);
    }
    if (mode == PMAP_LOADING || mode == PMAP_PRODUCING) {
        const char *when = mode == PMAP_LOADING ? "before the first item" : "in inputs";
        fflush(NULL);
        fprintf(stderr, "pmap: %s: it called os.exit(%d) %s\n", script_name, status, when);
        _exit(2);
    }
    if (mode == PMAP_WITHOUT_WORKER) {
        exit_status = status & 0xff;
        return pmap_exit_script(L);
    }
    size_t length;
    const char *text = pmap_read_captured(&length, true);
    ssize_t ignored = write(STDERR_FILENO, text, length);
    (void)ignored;
    fflush(NULL);
    _exit(status);
}

/* ---- Garbage collection ---- */

/* A full collection would write to every page a worker shares with its siblings. */
static int collect_garbage(lua_State *L) {
    const char *option = luaL_optstring(L, 1, "collect");
    if (mode != PMAP_IN_WORKER) return call_original(L);
    if (strcmp(option, "collect") == 0) {
        lua_gc(L, LUA_GCSTEP, 0);
        lua_pushinteger(L, 0);
        return 1;
    }
    if (strcmp(option, "generational") == 0 || strcmp(option, "incremental") == 0) {
        lua_pushliteral(L, "generational");
        return 1;
    }
    return call_original(L);
}

void pmap_leave_item_as_copy(void) {
    char what[64] = "a function of the script";
    if (pmap_random_item()) snprintf(what, sizeof what, "item %llu", pmap_random_item());
    pmap_leave_as_copy(what);
}

/* ---- The changes ---- */

/* Replaces the library's function by `function`, with the original as upvalue 1. */
static void replace(lua_State *L, const char *library, const char *name, lua_CFunction function) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_getfield(L, -1, library);
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, function, 1);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

static int change_library(lua_State *L) {
    replace(L, LUA_OSLIBNAME, "exit", exit_process);
    replace(L, LUA_OSLIBNAME, "execute", execute);
    replace(L, LUA_IOLIBNAME, "popen", open_program);
    replace(L, LUA_GNAME, "collectgarbage", collect_garbage);
    return 0;
}

int pmap_change_library(lua_State *L, const char *script) {
    snprintf(script_name, sizeof script_name, "%s", script);
    lua_pushcfunction(L, change_library);
    return lua_pcall(L, 0, 0, 0);
}
