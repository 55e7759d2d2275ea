#define _GNU_SOURCE
#include "interruption.h"

#include <signal.h>
#include <stdio.h>

#include "posix_bridge.h"

static const char traceback_key = 0;

/* A process has one state. What the handler reads is written before its signal can come, or one word at a time. */
static struct {
    lua_State *main;
    const char *text;
    bool (*is_wanted)(void);
    char place[LUA_IDSIZE + 16]; /* of the first time it was raised */
} interruption;

static volatile sig_atomic_t stage;
enum { is_calm, is_asked, is_raised, is_insisted };
static bool was_raised;
static volatile sig_atomic_t is_given_up;

/* The coroutines that are running in one another, innermost last. Deeper ones than this are not reached; Lua itself
 * allows about 200. */
enum { deepest = 256 };
static lua_State *volatile running[deepest];
static volatile sig_atomic_t depth;

static bool is_wanted(void) { return is_given_up || !interruption.is_wanted || interruption.is_wanted(); }

bool pmap_is_interrupted(void) { return (stage == is_asked || stage == is_insisted) && is_wanted(); }

/* ---- The hook ---- */

static void raise_it(lua_State *L, lua_Debug *where);

/* lua_sethook is the one function of Lua that a signal handler may call. */
static void hook(lua_State *L) { lua_sethook(L, raise_it, LUA_MASKCOUNT, 1); }
static void unhook(lua_State *L) { lua_sethook(L, NULL, 0, 0); }

static void for_all(void (*act)(lua_State *L)) {
    act(interruption.main);
    for (int each = 0; each < depth; each++) act(running[each]);
}

/* The innermost line of the script, or "" when what closes a variable runs and the script's lines have left the stack. */
static void find_place(lua_State *L, char *place, size_t size) {
    lua_Debug where;
    *place = 0;
    for (int level = 0; lua_getstack(L, level, &where); level++) {
        if (!pmap_is_script(L, &where)) continue;
        snprintf(place, size, "%s:%d", where.short_src, where.currentline);
        return;
    }
}

/* Once is enough, unless the handler has insisted by now. */
static void note_raised(lua_State *L) {
    sig_atomic_t before = is_asked;
    if (__atomic_compare_exchange_n(&stage, &before, is_raised, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        for_all(unhook);
        unhook(L);
        if (stage == is_insisted) for_all(hook);
    }
    if (was_raised) return;
    was_raised = true;
    find_place(L, interruption.place, sizeof interruption.place);
    luaL_traceback(L, L, NULL, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

static void raise_it(lua_State *L, lua_Debug *where) {
    if (!pmap_is_interrupted()) {
        unhook(L); /* it was raised elsewhere, or comes too late */
        return;
    }
    lua_getinfo(L, "S", where);
    if (stage != is_insisted && pmap_is_module(where)) return;
    note_raised(L);
    char place[sizeof interruption.place];
    find_place(L, place, sizeof place);
    lua_pushfstring(L, "%s%s%s", place, *place ? ": " : "", interruption.text);
    lua_error(L);
}

void pmap_interrupt(bool insists) {
    if (!interruption.main || !is_wanted()) return;
    stage = insists ? is_insisted : is_asked;
    for_all(hook);
}

void pmap_give_up(void) {
    is_given_up = true;
    pmap_interrupt(true);
}

int pmap_leave_script(lua_State *L) {
    pmap_give_up();
    hook(L);
    return luaL_error(L, "os.exit");
}

const char *pmap_take_interruption(lua_State *L) {
    if (!pmap_is_interrupted()) return NULL;
    note_raised(L);
    return interruption.text;
}

void pmap_arm_interruption(lua_State *L, const char *text, bool (*is_wanted)(void)) {
    interruption.text = text;
    interruption.is_wanted = is_wanted;
    interruption.main = L;
}

static void ask(void) { pmap_interrupt(false); }

void pmap_arm_interrupts(lua_State *L) {
    pmap_arm_interruption(L, "interrupted!", NULL);
    pmap_catch_interrupts(ask, pmap_is_interrupted);
}

pmap_interruption pmap_end_interruption(lua_State *L, const char **place) {
    depth = 0;
    if (stage == is_calm) return PMAP_WAS_CALM;
    bool raised = was_raised, given_up = is_given_up;
    is_given_up = false;
    stage = is_calm;
    was_raised = false;
    unhook(interruption.main);
    if (given_up) return PMAP_WAS_GIVEN_UP;
    if (!raised) return PMAP_WAS_CALM;
    *place = interruption.place;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
    return PMAP_WAS_RAISED;
}

/* ---- Steps ---- */

static struct {
    lua_State *main;
    void (*answer)(void *);
    void *of;
} step;

static void answer(lua_State *L, lua_Debug *where) {
    (void)where;
    lua_sethook(L, NULL, 0, 0);
    step.answer(step.of);
}

/* Whoever has a hook already keeps it. */
static void hook_step(lua_State *L) {
    if (!lua_gethook(L)) lua_sethook(L, answer, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

void pmap_step(void) {
    if (!step.main) return;
    hook_step(step.main);
    for (int each = 0; each < depth; each++) hook_step(running[each]);
}

void pmap_at_step(lua_State *L, void (*answer)(void *), void *of) {
    step.main = L;
    step.answer = answer;
    step.of = of;
}

/* ---- Which coroutines run ---- */

static void note_entering(lua_State *coroutine) {
    if (depth >= deepest) return;
    running[depth] = coroutine;
    depth++;
    if (pmap_is_interrupted()) hook(coroutine);
}

static void note_leaving(lua_State *coroutine) {
    if (depth > 0 && running[depth - 1] == coroutine) depth--;
}

/* The library's own functions, of which none raises once the coroutine runs: they are called in the place of ours. */
static lua_CFunction library_resume, library_close;

/* Stack: coroutine, … → results… of `function`, in which the coroutine runs. The note must not outlive it: what is
 * collected cannot be hooked. */
static int run_noted(lua_State *L, lua_CFunction function) {
    lua_State *coroutine = lua_tothread(L, 1);
    if (!coroutine) return function(L);
    note_entering(coroutine);
    int results = function(L);
    note_leaving(coroutine);
    return results;
}

static int resume(lua_State *L) { return run_noted(L, library_resume); }
static int close_coroutine(lua_State *L) { return run_noted(L, library_close); }

/* As the function that coroutine.wrap makes. Upvalue 1: the coroutine. */
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

/* Stack: coroutine library → the same, with `function` in the place of the one that is answered */
static lua_CFunction replace(lua_State *L, const char *name, lua_CFunction function) {
    lua_getfield(L, -1, name);
    lua_CFunction before = lua_tocfunction(L, -1);
    lua_pop(L, 1);
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
    return before;
}

static int watch_coroutines(lua_State *L) {
    lua_getglobal(L, LUA_COLIBNAME);
    library_resume = replace(L, "resume", resume);
    library_close = replace(L, "close", close_coroutine);
    replace(L, "wrap", wrap);
    return 0;
}

int pmap_watch_coroutines(lua_State *L) {
    lua_pushcfunction(L, watch_coroutines);
    return lua_pcall(L, 0, 0, 0);
}
