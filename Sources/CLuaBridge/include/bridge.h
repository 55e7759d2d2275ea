/* The parts of Lua that may jump, and calls into Lua.
 *
 * Lua raises by longjmp, and nothing may jump over a Swift frame. Functions the manual marks `-` or `m`
 * are called from Swift directly; those marked `v` or `e` only here, under lua_pcall, and what they raise
 * becomes a status. A Swift function called from Lua returns PMAP_RAISE, and lua_error is called
 * here, when the Swift frame is gone. */
#ifndef PMAP_BRIDGE_H
#define PMAP_BRIDGE_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "heap.h"

/* Macros of lua.h, for Swift. */
static inline int pmap_registry(void) { return LUA_REGISTRYINDEX; }
static inline int pmap_upvalue(int index) { return lua_upvalueindex(index); }
static inline int pmap_globals_slot(void) { return LUA_RIDX_GLOBALS; }
static inline void pmap_gc_collect(lua_State *L) { lua_gc(L, LUA_GCCOLLECT); }
static inline void pmap_gc_stop(lua_State *L) { lua_gc(L, LUA_GCSTOP); }
static inline void pmap_gc_restart(lua_State *L) { lua_gc(L, LUA_GCRESTART); }
static inline bool pmap_gc_is_running(lua_State *L) { return lua_gc(L, LUA_GCISRUNNING) == 1; }
/* Lua 5.4.4 leaves the threshold of the mode before; the step sets it for a young collection. */
static inline void pmap_gc_generational(lua_State *L, int minor_percent, int major_percent) {
    lua_gc(L, LUA_GCGEN, minor_percent, major_percent);
    lua_gc(L, LUA_GCSTEP, 0);
}
static inline size_t pmap_gc_bytes(lua_State *L) {
    return ((size_t)lua_gc(L, LUA_GCCOUNT) << 10) + (size_t)lua_gc(L, LUA_GCCOUNTB);
}

/* A state on `heap` with the standard libraries, or NULL. */
lua_State *pmap_new_state(pmap_heap *heap);

/* The heap of the state that `L` belongs to. */
pmap_heap *pmap_heap_of(lua_State *L);

/* Stack: function, arguments… → results…, or → message. Returns a Lua status. After an error
 * pmap_push_traceback pushes the traceback of where it was raised. */
int pmap_call(lua_State *L, int arguments, int results);

/* The same for a loop: `handler` is the index where pmap_push_handler was called. */
int pmap_call_handled(lua_State *L, int arguments, int results, int handler);
void pmap_push_handler(lua_State *L);

/* Omits the last level of tracebacks from now on: it is a C function, which calls the script's. */
void pmap_hide_last_level(bool hides);

void pmap_push_traceback(lua_State *L);

/* Stack: value → string as `tostring` makes it, or → message. Returns a Lua status. */
int pmap_tostring(lua_State *L);

/* Stack: → function, or → message. Returns a Lua status; `read` becomes how many bytes of the source were
 * read, which is where a syntax error is. */
int pmap_load_counting(lua_State *L, const char *source, size_t size, const char *name, size_t *read);

enum { PMAP_RAISE = -1 };

/* Stack: → "lengths.lua:9: ", the innermost line of the script that is running, or "". The modules that are written in
 * Lua and part of the program, whose chunks are named "=[…", are not the script's. */
void pmap_push_position(lua_State *L);

/* Whether a level of the stack, whose source is known, is such a module's, or C's. */
bool pmap_is_module(const lua_Debug *where);

/* Whether a level of the stack, as lua_getstack has it, is a line of the script's; fills in which. */
bool pmap_is_script(lua_State *L, lua_Debug *where);

/* A function that Lua calls: arguments on the stack, returns how many results it pushed, or PMAP_RAISE
 * with the error value on top. */
typedef int (*pmap_host_function)(lua_State *L, void *context);
typedef void (*pmap_release)(void *context);

/* A flag: such a function has received records of the running item. Clearing it returns what it was. */
void pmap_set_emitted(void);
bool pmap_clear_emitted(void);

/* Stack: → function. `release(context)` is called when Lua collects it. */
void pmap_push_function(lua_State *L, pmap_host_function function, void *context, pmap_release release);

/* Stack: key → key, value, key, value, …, at most `pairs` of them, of the table at `table`: those after
 * `key`, which is nil for the first. Returns how many pairs, or -1 and → message. */
int pmap_next(lua_State *L, int table, int pairs);
/* Stack: → the first key that is neither one of 1…count nor table.pack's n, or nil. */
void pmap_push_non_index_key(lua_State *L, int table, long long count);

typedef struct {
    long long entries; /* keys in the table, or -1: the stack was full */
    long long largest; /* of the keys, or -1 when one is not a positive integer */
    int pairs;         /* how many were left on the stack: all or none */
} pmap_contents;

/* Counts the keys of the table at `table`.
 * Stack: → key, value, key, value, … when they are at most `limit` and do not begin as a list does. */
pmap_contents pmap_table_contents(lua_State *L, int table, int limit);

/* A fingerprint of the keys and values of the tables at `first` and `second`, made of the identities of tables,
 * functions and strings only. */
unsigned long long pmap_tables_fingerprint(lua_State *L, int first, int second);

/* The same for the table at `table` and the tables that are its values. */
unsigned long long pmap_members_fingerprint(lua_State *L, int table);

#endif
