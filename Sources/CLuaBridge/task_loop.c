#include "library.h"
#include "original.h"
#include "random.h"
#include "values.h"

static unsigned long long loads;
long long pmap_holdings;

void pmap_note_load(void) { loads++; }

long long pmap_take_holdings(void) {
    long long taken = pmap_holdings;
    pmap_holdings = 0;
    return taken;
}

/* Stack: function, run → (nothing), or → the results that were given up: several of them always */
static int run_task(lua_State *L) {
    pmap_task_run *run = lua_touserdata(L, 2);
    unsigned long long before = loads;
    for (; run->place <= run->last && run->next < run->end; run->place++) {
        lua_settop(L, 2);
        lua_pushvalue(L, 1);
        size_t length = pmap_unpack(L, run->next, (size_t)(run->end - run->next));
        if (!length) break;
        run->next += length;
        run->is_called = true;
        pmap_random_begin_item((unsigned long long)run->place);
        __atomic_store_n(run->begun, (uint64_t)(run->place - run->task_first + 1), __ATOMIC_RELEASE);
        lua_call(L, 1, run->results);
        if (!pmap_is_original()) pmap_leave_item_as_copy();
        if (lua_gettop(L) > 3) return lua_gettop(L) - 2;
        lua_settop(L, 3); /* nothing is nil */
        /* What was loaded meanwhile travels by name, and what is held is not the worker's. */
        if (loads != before || pmap_holdings || !pmap_pack(L, -1, run->packer)) return 1;
        run->is_called = false;
        __atomic_store_n(run->bytes, (uint64_t)(run->packer->next - run->output), __ATOMIC_RELEASE);
        __atomic_store_n(run->count, (uint64_t)(run->place - run->results_first + 1), __ATOMIC_RELEASE);
    }
    return 0;
}

int pmap_run_task(lua_State *L, int function, int handler, pmap_task_run *run) {
    lua_pushcfunction(L, run_task);
    lua_pushvalue(L, function);
    lua_pushlightuserdata(L, run);
    return pmap_call_handled(L, 2, LUA_MULTRET, handler);
}
