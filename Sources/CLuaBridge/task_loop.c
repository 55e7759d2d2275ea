/* The loop of a pool's worker: items from the task's bytes through its function to packed results. */
#include "library.h"
#include "original.h"
#include "random.h"
#include "values.h"

static unsigned long long loads;
long long pmap_locks_held;

void pmap_count_load(void) { loads++; }

long long pmap_clear_locks_held(void) {
    long long held = pmap_locks_held;
    pmap_locks_held = 0;
    return held;
}

/* Stack: function, loop → (nothing), or → the results that are left to Swift: several of them always */
static int run_loop(lua_State *L) {
    pmap_task_loop *loop = lua_touserdata(L, 2);
    unsigned long long before = loads;
    for (; loop->item <= loop->last && loop->next < loop->end; loop->item++) {
        lua_settop(L, 2);
        lua_pushvalue(L, 1);
        size_t length = pmap_unpack(L, loop->next, (size_t)(loop->end - loop->next));
        if (!length) break;
        loop->next += length;
        loop->is_called = true;
        pmap_random_begin_item((unsigned long long)loop->item);
        __atomic_store_n(loop->begun, (uint64_t)(loop->item - loop->task_first + 1), __ATOMIC_RELEASE);
        lua_call(L, 1, loop->results);
        if (!pmap_is_original()) pmap_leave_item_as_copy();
        if (lua_gettop(L) > 3) return lua_gettop(L) - 2;
        lua_settop(L, 3); /* no result is nil */
        /* Functions of a module loaded meanwhile are sent by name, and locks held are not the worker's. */
        if (loads != before || pmap_locks_held || !pmap_pack(L, -1, loop->packer)) return 1;
        loop->is_called = false;
        __atomic_store_n(loop->bytes, (uint64_t)(loop->packer->next - loop->output), __ATOMIC_RELEASE);
        __atomic_store_n(loop->count, (uint64_t)(loop->item - loop->results_first + 1), __ATOMIC_RELEASE);
    }
    return 0;
}

int pmap_run_task_loop(lua_State *L, int function, int handler, pmap_task_loop *loop) {
    lua_pushcfunction(L, run_loop);
    lua_pushvalue(L, function);
    lua_pushlightuserdata(L, loop);
    return pmap_call_handled(L, 2, LUA_MULTRET, handler);
}
