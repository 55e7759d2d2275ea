#define _GNU_SOURCE
#include "timeout.h"

#include <signal.h>
#include <stdio.h>

/* A worker is one process with one state. What the handler reads is written before the signal can come, or one
 * word at a time. */
static struct {
    lua_State *main;
    const volatile uint64_t *current, *condemned;
    char seconds[32];
    char message[LUA_IDSIZE + 64]; /* of the first time it was raised, or empty */
    volatile sig_atomic_t is_hooked;
} timeout;

/* The coroutines that are running in one another, innermost last. Deeper ones than this are not stopped by the
 * hook but by the host, with SIGKILL. Lua itself allows about 200. */
enum { deepest = 256 };
static lua_State *volatile running[deepest];
static volatile sig_atomic_t depth;

int pmap_timeout_signal(void) { return SIGRTMAX - 2; }

static bool is_condemned(void) {
    return timeout.current && *timeout.condemned != 0 && *timeout.condemned == *timeout.current;
}

static void raise_timeout(lua_State *L, lua_Debug *where) {
    if (!is_condemned()) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    bool is_script = false;
    for (int level = 0; !is_script && lua_getstack(L, level, where); level++) is_script = pmap_is_script(L, where);
    char *message = timeout.message;
    if (is_script)
        snprintf(message, sizeof timeout.message, "timed out after %s s at %s:%d", timeout.seconds, where->short_src,
                 where->currentline);
    else if (!*message) /* what closes a variable runs when the script's lines have left the stack */
        snprintf(message, sizeof timeout.message, "timed out after %s s", timeout.seconds);
    lua_pushstring(L, message);
    lua_error(L);
}

static void set_hook(lua_State *L) {
    lua_sethook(L, raise_timeout, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* lua_sethook is the one function of Lua that a signal handler may call. */
static void on_signal(int number) {
    (void)number;
    if (!is_condemned()) return;
    timeout.is_hooked = 1;
    timeout.message[0] = 0;
    set_hook(timeout.main);
    for (int each = 0; each < depth; each++) set_hook(running[each]);
}

void pmap_arm_timeout(lua_State *L, const uint64_t *current, const uint64_t *condemned, const char *seconds) {
    timeout.main = L;
    timeout.condemned = condemned;
    timeout.current = current;
    snprintf(timeout.seconds, sizeof timeout.seconds, "%s", seconds);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(pmap_timeout_signal(), &action, NULL);
}

bool pmap_timeout_struck(void) { return timeout.is_hooked && is_condemned(); }

void pmap_disarm_timeout(lua_State *L) {
    depth = 0;
    if (!timeout.is_hooked) return;
    timeout.is_hooked = 0;
    lua_sethook(L, NULL, 0, 0);
}

/* ---- Which coroutines run ---- */

static void note_entering(lua_State *coroutine) {
    if (depth >= deepest) return;
    running[depth] = coroutine;
    depth++;
    if (timeout.is_hooked && is_condemned()) set_hook(coroutine);
}

static void note_leaving(lua_State *coroutine) {
    if (depth > 0 && running[depth - 1] == coroutine) depth--;
}

/* Stack: arguments… → results… of the function in upvalue 1, in which `coroutine` runs. The note must not outlive
 * it: what is collected cannot be hooked. */
static int run_noted(lua_State *L, lua_State *coroutine) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    if (coroutine) note_entering(coroutine);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    if (coroutine) note_leaving(coroutine);
    return status == LUA_OK ? lua_gettop(L) : lua_error(L);
}

/* Upvalue 1: the original coroutine.resume */
static int resume(lua_State *L) { return run_noted(L, lua_tothread(L, 1)); }

/* Upvalues: the function that the original coroutine.wrap made, its coroutine */
static int call_wrapped(lua_State *L) { return run_noted(L, lua_tothread(L, lua_upvalueindex(2))); }

/* Upvalue 1: the original coroutine.wrap, whose function keeps its coroutine as upvalue 1. */
static int wrap(lua_State *L) {
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    lua_getupvalue(L, -1, 1);
    lua_pushcclosure(L, call_wrapped, 2);
    return 1;
}

static int watch_coroutines(lua_State *L) {
    lua_getglobal(L, LUA_COLIBNAME);
    lua_getfield(L, -1, "resume");
    lua_pushcclosure(L, resume, 1);
    lua_setfield(L, -2, "resume");
    lua_getfield(L, -1, "wrap");
    lua_pushcclosure(L, wrap, 1);
    lua_setfield(L, -2, "wrap");
    return 0;
}

int pmap_watch_coroutines(lua_State *L) {
    lua_pushcfunction(L, watch_coroutines);
    return lua_pcall(L, 0, 0, 0);
}
