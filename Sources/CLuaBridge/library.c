/* Changed functions of the standard library, and the capture of standard output. */
#define _GNU_SOURCE
#include "library.h"
#include "interruption.h"
#include "original.h"
#include "posix_bridge.h"
#include "program.h"
#include "program_output.h"
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pmap_library_mode mode = PMAP_LOADING;

/* ---- Captured output ----
 *
 * Lua's own output and C's go through `stdout`, which becomes a stream into memory; programs write to a pipe, see
 * program_output.h, which is looked at only when one may have run: a system call for each item would cost as much as the
 * item. */

static struct {
    FILE *stream;
    char *bytes;
    size_t length, capacity;
    pmap_printed *printed; /* where the bytes are, as long as they fit */
    int programs; /* the pipe */
    bool programs_ran;
    bool has_programs, last_had_programs; /* they have written some of the bytes, and of those before */
    void (*full)(void *context); /* called when as much is captured as fits in there */
    void *context;
    bool is_all_of_items; /* an item that ends takes what programs of earlier ones have written */
} captured;

static bool is_capturing(void) { return captured.stream && mode != PMAP_FORKED; }

static bool is_shared(void) { return captured.printed && captured.bytes == captured.printed->text; }

static void share_captured(void) {
    if (!captured.printed || is_shared()) return;
    free(captured.bytes);
    captured.bytes = captured.printed->text;
    captured.capacity = pmap_printed_size;
}

static void set_captured(size_t length, bool has_programs) {
    captured.length = length;
    captured.has_programs = has_programs;
    if (!captured.printed) return;
    captured.printed->has_programs = has_programs;
    __atomic_store_n(&captured.printed->length, length, __ATOMIC_RELEASE);
}

static char *reserve_captured(size_t size) {
    if (captured.length == 0) share_captured();
    if (captured.length + size > captured.capacity) {
        size_t capacity = (captured.length + size) * 2;
        char *bytes = realloc(is_shared() ? NULL : captured.bytes, capacity);
        if (!bytes) return NULL;
        if (is_shared()) memcpy(bytes, captured.bytes, captured.length);
        captured.bytes = bytes;
        captured.capacity = capacity;
    }
    return captured.bytes + captured.length;
}

static ssize_t write_captured(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    if (mode == PMAP_FORKED) return pmap_write_atomically(captured.programs, bytes, size) ? (ssize_t)size : 0;
    if (!pmap_is_original()) return (ssize_t)size; /* the bytes are its original's */
    char *space = reserve_captured(size);
    if (!space) return 0;
    memcpy(space, bytes, size);
    set_captured(captured.length + size, captured.has_programs);
    if (captured.full && captured.length >= pmap_printed_size) captured.full(captured.context);
    return (ssize_t)size;
}

static void read_programs_output(void) {
    captured.programs_ran = false;
    size_t length = pmap_take_program_output(reserve_captured);
    if (length > 0) set_captured(captured.length + length, true);
}

static void flush_captured(void) {
    if (captured.stream && __fpending(captured.stream)) fflush(captured.stream);
}

static bool programs_may_have_written(void) {
    return captured.programs_ran || (captured.is_all_of_items && pmap_collecting_threads() > 0);
}

bool pmap_has_captured(void) {
    return captured.length > 0 || programs_may_have_written() ||
           (captured.stream && __fpending(captured.stream));
}

bool pmap_has_printed(void) { return __fbufsize(stdout) > 0; }

void pmap_flush_errors(void) { fflush(stderr); }

void pmap_drain_captured(void (*full)(void *), void *context) { captured.full = full, captured.context = context; }

const char *pmap_read_captured(size_t *length, bool all) {
    flush_captured();
    if (all) pmap_flush_errors();
    if (all || programs_may_have_written()) read_programs_output();
    return pmap_take_captured(length);
}

const char *pmap_take_captured(size_t *length) {
    *length = captured.length;
    captured.last_had_programs = captured.has_programs;
    if (captured.length > 0) set_captured(0, false);
    return captured.bytes;
}

bool pmap_captured_programs(void) { return captured.last_had_programs; }

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

/* Stack: the table of loaded libraries, path, library */
static int load_c_library(lua_State *L) {
    lua_rawset(L, 1);
    if (!pmap_start_collecting()) return luaL_error(L, "%s", strerror(errno));
    return 0;
}

/* Code of a C library may write to the pipe without a word. Lua keeps its list of them in the registry (loadlib.c, CLIBS). */
static void collect_output_of_c_libraries(lua_State *L) {
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "_CLIBS");
    if (lua_rawlen(L, -1) > 0) {
        pmap_start_collecting();
    } else if (lua_getmetatable(L, -1)) {
        lua_pushcfunction(L, load_c_library);
        lua_setfield(L, -2, "__newindex");
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int begin_capture(lua_State *L) {
    captured.stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_captured});
    if (!captured.stream) return luaL_error(L, "no memory for capturing output");
    setvbuf(captured.stream, NULL, _IOFBF, 64 << 10);
    pmap_redirect_output(L, captured.stream);
    setvbuf(stderr, NULL, _IOLBF, 64 << 10); /* lines of many workers stay whole */
    collect_output_of_c_libraries(L);
    return 0;
}

static int begin_producing(lua_State *L) {
    pmap_redirect_output(L, stderr);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    pmap_random_end_script();
    mode = PMAP_PRODUCING;
    return 0;
}

int pmap_begin_producing(lua_State *L) {
    lua_pushcfunction(L, begin_producing);
    return lua_pcall(L, 0, 0, 0);
}

int pmap_begin_capture(lua_State *L, int reading, int writing, pmap_printed *printed, bool is_all_of_items,
                       pmap_library_mode new_mode) {
    pmap_collect_program_output(reading, printed);
    captured.printed = printed;
    lua_pushcfunction(L, begin_capture);
    int status = lua_pcall(L, 0, 0, 0);
    if (status != LUA_OK) return status;
    dup2(writing, STDOUT_FILENO);
    captured.programs = writing;
    captured.is_all_of_items = is_all_of_items;
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
    if (!pmap_start_collecting()) return luaL_execresult(L, -1);
    int results = mode == PMAP_WITHOUT_WORKER && !lua_isnoneornil(L, 1) ? run_shell(L) : call_original(L);
    if (is_capturing()) read_programs_output();
    return results;
}

static int open_program(lua_State *L) {
    flush_captured();
    if (!pmap_start_collecting()) return luaL_fileresult(L, 0, luaL_checkstring(L, 1));
    captured.programs_ran = is_capturing();
    return call_original(L);
}

const char *pmap_before_program(void) {
    if (captured.stream) {
        flush_captured();
        captured.programs_ran = is_capturing();
    } else {
        fflush(stdout);
    }
    return pmap_start_collecting() ? NULL : strerror(errno);
}

void pmap_after_program(void) {
    flush_captured();
    if (is_capturing()) read_programs_output();
}

void pmap_end_open_programs(void) { pmap_end_shells(-1); }

/* The forked process writes to the pipe, as programs do, in whole lines. */
void pmap_end_capture(void) {
    if (!is_capturing()) return;
    __fpurge(captured.stream);
    setvbuf(captured.stream, NULL, _IOLBF, 0);
    captured.length = 0;
    captured.programs_ran = false;
    captured.printed = NULL;
    mode = PMAP_FORKED;
}

bool pmap_runs_items(void) { return mode != PMAP_FORKED && pmap_is_original(); }

/* ---- Standard output that a task opens by its name ---- */

static int leave_open(lua_State *L) {
    lua_pushboolean(L, fflush(captured.stream) == 0);
    return 1;
}

static bool is_standard_output(FILE *stream) {
    struct stat pipe, file;
    int descriptor = fileno(stream);
    return descriptor >= 0 && fstat(descriptor, &file) == 0 && fstat(captured.programs, &pipe) == 0 &&
           file.st_ino == pipe.st_ino && file.st_dev == pipe.st_dev &&
           (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
}

/* A file that is the captured output, as /dev/stdout is, becomes a second name of io.stdout: what is written to both stays in
 * order, and is the item's. */
static int open_file(lua_State *L) {
    int results = call_original(L);
    luaL_Stream *file = captured.stream ? luaL_testudata(L, 1, LUA_FILEHANDLE) : NULL;
    if (file && file->closef && is_standard_output(file->f)) {
        fclose(file->f);
        file->f = captured.stream;
        file->closef = leave_open;
    }
    return results;
}

/* ---- The process's end ---- */

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
    pmap_end_shells(500); /* and what they write is captured */
    flush_captured();
    read_programs_output();
    if (captured.length > pmap_printed_size) { /* the host would not have all of it */
        size_t length;
        const char *text = pmap_read_captured(&length, true);
        ssize_t ignored = write(STDERR_FILENO, text, length);
        (void)ignored;
    }
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
    replace(L, LUA_IOLIBNAME, "open", open_file);
    replace(L, LUA_IOLIBNAME, "output", open_file);
    replace(L, LUA_GNAME, "collectgarbage", collect_garbage);
    return 0;
}

int pmap_change_library(lua_State *L, const char *script) {
    snprintf(script_name, sizeof script_name, "%s", script);
    lua_pushcfunction(L, change_library);
    return lua_pcall(L, 0, 0, 0);
}
