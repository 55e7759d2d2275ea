/* A Lua error that a signal requests: the hook that raises it, on the main thread and on running coroutines. */
#define _GNU_SOURCE
#include "interruption.h"
#include "changes.h"

#include <signal.h>
#include <stdio.h>

#include "posix_bridge.h"

static const char traceback_key = 0;

/* A process has one state. The handler's data is written before its signal can arrive, or one word at a time. */
static struct {
    lua_State *main;
    const char *text;
    bool (*is_wanted)(void);
    char line[LUA_IDSIZE + 16]; /* where it was raised first */
} interruption;

static volatile sig_atomic_t stage;
enum { is_idle, is_requested, is_raised, is_forced };
static bool was_raised;
static volatile sig_atomic_t is_aborted;

/* The coroutines that are running in one another, innermost last. Deeper ones are not interrupted; Lua itself
 * allows about 200. */
enum { deepest = 256 };
static lua_State *volatile running[deepest];
static volatile sig_atomic_t depth;

static bool is_wanted(void) { return is_aborted || !interruption.is_wanted || interruption.is_wanted(); }

bool pmap_is_interrupted(void) { return (stage == is_requested || stage == is_forced) && is_wanted(); }

/* ---- The hook ---- */

static void raise_error(lua_State *L, lua_Debug *where);

/* By Lua's manual a signal handler may call lua_sethook. */
static void hook(lua_State *L) { lua_sethook(L, raise_error, LUA_MASKCOUNT, 1); }
static void unhook(lua_State *L) { lua_sethook(L, NULL, 0, 0); }

static void for_all_threads(void (*act)(lua_State *L)) {
    act(interruption.main);
    for (int each = 0; each < depth; each++) act(running[each]);
}

/* The innermost line of the script, or "" when a variable is being closed after the script's lines have left the stack. */
static void find_line(lua_State *L, char *line, size_t size) {
    lua_Debug where;
    *line = 0;
    for (int level = 0; lua_getstack(L, level, &where); level++) {
        if (!pmap_is_script(L, &where)) continue;
        snprintf(line, size, "%s:%d", where.short_src, where.currentline);
        return;
    }
}

/* Removes the hooks, unless the handler has forced the error by now. */
static void record_raised(lua_State *L) {
    sig_atomic_t before = is_requested;
    if (__atomic_compare_exchange_n(&stage, &before, is_raised, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        for_all_threads(unhook);
        unhook(L);
        if (stage == is_forced) for_all_threads(hook);
    }
    if (was_raised) return;
    was_raised = true;
    find_line(L, interruption.line, sizeof interruption.line);
    luaL_traceback(L, L, NULL, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

static void raise_error(lua_State *L, lua_Debug *where) {
    if (!pmap_is_interrupted()) {
        unhook(L); /* it was raised in another thread, or is not wanted any more */
        return;
    }
    lua_getinfo(L, "S", where);
    if (stage != is_forced && pmap_is_module(where)) return;
    record_raised(L);
    char line[sizeof interruption.line];
    find_line(L, line, sizeof line);
    lua_pushfstring(L, "%s%s%s", line, *line ? ": " : "", interruption.text);
    lua_error(L);
}

void pmap_interrupt(bool force) {
    if (!interruption.main || !is_wanted()) return;
    stage = force ? is_forced : is_requested;
    for_all_threads(hook);
}

void pmap_abort_script(void) {
    is_aborted = true;
    pmap_interrupt(true);
}

int pmap_exit_script(lua_State *L) {
    pmap_abort_script();
    hook(L);
    return luaL_error(L, "os.exit");
}

const char *pmap_receive_interruption(lua_State *L) {
    if (!pmap_is_interrupted()) return NULL;
    record_raised(L);
    return interruption.text;
}

void pmap_arm_interruption(lua_State *L, const char *text, bool (*is_wanted)(void)) {
    interruption.text = text;
    interruption.is_wanted = is_wanted;
    interruption.main = L;
}

static void request(void) { pmap_interrupt(false); }

void pmap_arm_interrupts(lua_State *L) {
    pmap_arm_interruption(L, "interrupted!", NULL);
    pmap_catch_interrupts(request, pmap_is_interrupted);
}

pmap_interruption pmap_end_interruption(lua_State *L, const char **line) {
    depth = 0;
    if (stage == is_idle) return PMAP_NOT_INTERRUPTED;
    bool raised = was_raised, aborted = is_aborted;
    is_aborted = false;
    stage = is_idle;
    was_raised = false;
    unhook(interruption.main);
    if (aborted) return PMAP_ABORTED;
    if (!raised) return PMAP_NOT_INTERRUPTED;
    *line = interruption.line;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
    return PMAP_INTERRUPTED;
}

/* ---- Steps ---- */

static struct {
    lua_State *main;
    void (*call)(void *);
    void *context;
} step;

static void on_step(lua_State *L, lua_Debug *where) {
    (void)where;
    lua_sethook(L, NULL, 0, 0);
    step.call(step.context);
}

/* Another hook is kept. */
static void hook_step(lua_State *L) {
    if (!lua_gethook(L)) lua_sethook(L, on_step, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void pmap_step(void) {
    if (!step.main) return;
    hook_step(step.main);
    for (int each = 0; each < depth; each++) hook_step(running[each]);
}

void pmap_at_step(lua_State *L, void (*call)(void *), void *context) {
    step.main = L;
    step.call = call;
    step.context = context;
}

/* ---- Running coroutines ---- */

static void push_running(lua_State *coroutine) {
    if (depth >= deepest) return;
    running[depth] = coroutine;
    depth++;
    if (pmap_is_interrupted()) hook(coroutine);
}

static void pop_running(lua_State *coroutine) {
    if (depth > 0 && running[depth - 1] == coroutine) depth--;
}

/* The library's own functions, of which none raises once the coroutine runs: the replacements call them. */
static lua_CFunction library_resume, library_close;

/* Stack: coroutine, … → results… of `function`, in which the coroutine runs. It must not be hooked after it is
 * collected. */
static int call_tracked(lua_State *L, lua_CFunction function) {
    lua_State *coroutine = lua_tothread(L, 1);
    if (!coroutine) return function(L);
    push_running(coroutine);
    int results = function(L);
    pop_running(coroutine);
    return results;
}

static int resume(lua_State *L) { return call_tracked(L, library_resume); }
static int close_coroutine(lua_State *L) { return call_tracked(L, library_close); }

/* The function that coroutine.wrap makes. Upvalue 1: the coroutine. */
static int call_wrapped(lua_State *L) {
    lua_State *coroutine = lua_tothread(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    int results = resume(L);
    if (lua_toboolean(L, -results)) return results - 1;
    int status = lua_status(coroutine);
    if (status != LUA_OK && status != LUA_YIELD) { /* it has failed: its variables are closed, which may fail, too */
        lua_settop(L, 0);
        lua_pushvalue(L, lua_upvalueindex(1));
        close_coroutine(L);
    }
    if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

static int wrap(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *coroutine = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, coroutine, 1);
    lua_pushcclosure(L, call_wrapped, 1);
    return 1;
}

lua_CFunction pmap_replace_function(lua_State *L, const char *name, lua_CFunction function) {
    lua_getfield(L, -1, name);
    lua_CFunction before = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
    return before;
}

static int watch_coroutines(lua_State *L) {
    lua_getglobal(L, LUA_COLIBNAME);
    library_resume = pmap_replace_function(L, "resume", resume);
    library_close = pmap_replace_function(L, "close", close_coroutine);
    pmap_replace_function(L, "wrap", wrap);
    return 0;
}

int pmap_watch_coroutines(lua_State *L) {
    lua_pushcfunction(L, watch_coroutines);
    return lua_pcall(L, 0, 0, 0);
}
