#include "item.h"

#include <string.h>

void pmap_begin_item(lua_State *L, int base, int task, unsigned long long item) {
    pmap_library_begin_item(item);
    lua_settop(L, base);
    lua_pushvalue(L, task);
}

static pmap_answer look_at_answer(lua_State *L, int below, int status) {
    pmap_answer answer = {.status = status};
    answer.results = lua_gettop(L) - below;
    answer.type = lua_type(L, below + 1);
    answer.printed = pmap_has_captured();
    answer.uses_seed = pmap_library_uses_seed();
    if (answer.results == 1 && answer.type == LUA_TSTRING) answer.text = lua_tolstring(L, -1, &answer.length);
    return answer;
}

pmap_answer pmap_run_item(lua_State *L, int handler, long long index) {
    int below = lua_gettop(L) - 2;
    lua_pushinteger(L, index);
    return look_at_answer(L, below, pmap_call_handled(L, 2, LUA_MULTRET, handler));
}

/* ---- Lines ---- */

static bool take_line(pmap_lines *lines) {
    if (lines->next == lines->end) return false;
    const char *end = memchr(lines->next, lines->terminator, (size_t)(lines->end - lines->next));
    lines->line = lines->next;
    lines->length = (size_t)((end ? end : lines->end) - lines->next);
    lines->next = end ? end + 1 : lines->end;
    return true;
}

/* Appends the one result, if it is a line and there is room for it, and commits the item. */
static bool finish_line(lua_State *L, pmap_lines *lines) {
    size_t length;
    bool has_more = pmap_take_host_call(); /* what pmap.emit was given, say */
    if (lua_type(L, -1) != LUA_TSTRING || has_more || pmap_has_captured()) return false;
    const char *text = lua_tolstring(L, -1, &length);
    if (lines->capacity - lines->used <= length) return false;
    memcpy(lines->output + lines->used, text, length);
    lines->used += length;
    lines->output[lines->used++] = lines->output_terminator;
    lines->finished++;
    __atomic_store_n(lines->committed, lines->finished << 32 | lines->used, __ATOMIC_RELEASE);
    return true;
}

/* As `mayBegin` of Wire/Outbox.swift. The fence is for the compiler only: the host makes every processor keep the
 * order, by membarrier(2), in the rare case that it raises a barrier. */
static bool may_begin(pmap_lines *lines) {
    unsigned long long before = *lines->current;
    __atomic_store_n(lines->current, lines->item, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    unsigned long long barrier = __atomic_load_n(lines->barrier, __ATOMIC_ACQUIRE);
    if (barrier && lines->begun + 1 >= barrier) {
        __atomic_store_n(lines->current, before, __ATOMIC_RELEASE);
        return false;
    }
    lines->begun++;
    return true;
}

/* Stack: lines, task → the results of the last item, if they are to be looked at */
static int run_lines(lua_State *L) {
    pmap_lines *lines = lua_touserdata(L, 1);
    while (lines->items > 0) {
        lines->reason = PMAP_LINES_STOPPED;
        if (!may_begin(lines)) return 0;
        lines->reason = PMAP_LINES_MISSING;
        if (!take_line(lines)) return 0;
        lines->reason = PMAP_LINES_ANSWER; /* also when it raises */
        lines->items--;
        pmap_library_begin_item(lines->item);
        lua_pushvalue(L, 2);
        lua_pushlstring(L, lines->line, lines->length);
        lua_pushinteger(L, (lua_Integer)lines->item++);
        lua_call(L, 2, LUA_MULTRET);
        if (lua_gettop(L) != 3 || !finish_line(L, lines)) return lua_gettop(L) - 2;
        lua_settop(L, 2);
        lines->reason = PMAP_LINES_FULL;
        if (lines->used >= lines->enough) return 0;
    }
    lines->reason = PMAP_LINES_DONE;
    return 0;
}

pmap_answer pmap_run_lines(lua_State *L, int base, int task, int handler, pmap_lines *lines) {
    lua_settop(L, base);
    lua_pushcfunction(L, run_lines);
    lua_pushlightuserdata(L, lines);
    lua_pushvalue(L, task);
    pmap_hide_last_level(true);
    int status = pmap_call_handled(L, 2, LUA_MULTRET, handler);
    pmap_hide_last_level(false);
    return look_at_answer(L, base, status);
}
