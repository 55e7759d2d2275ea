/* One item, or a loop of items, through the task; and results as lines of text. */
#include "item.h"
#include "original.h"

#include "random.h"

#include <locale.h>
#include <string.h>

#include "values.h"

void pmap_begin_item(lua_State *L, int base, int task, unsigned long long item) {
    pmap_random_begin_item(item);
    lua_settop(L, base);
    lua_pushvalue(L, task);
}

static pmap_result make_result(lua_State *L, int below, int status) {
    pmap_result result = {.status = status};
    result.results = lua_gettop(L) - below;
    result.type = lua_type(L, below + 1);
    result.printed = pmap_has_captured();
    result.uses_seed = pmap_random_uses_seed();
    if (result.results == 1 && result.type == LUA_TSTRING) result.text = lua_tolstring(L, -1, &result.length);
    return result;
}

pmap_result pmap_run_item(lua_State *L, int handler, long long index) {
    int below = lua_gettop(L) - 2;
    lua_pushinteger(L, index);
    return make_result(L, below, pmap_call_handled(L, 2, LUA_MULTRET, handler));
}

/* ---- Many at a time ---- */

static bool next_record(pmap_item_loop *loop) {
    if (loop->next == loop->end) return false;
    if (loop->find_item) {
        loop->next = loop->find_item(loop);
        return true;
    }
    const char *end = memchr(loop->next, loop->terminator, (size_t)(loop->end - loop->next));
    loop->record = loop->next;
    loop->length = (size_t)((end ? end : loop->end) - loop->next);
    loop->next = end ? end + 1 : loop->end;
    return true;
}

/* nil alone is no record; with a second result it is a failure, which is left to Swift. */
static bool is_nothing(lua_State *L, int first) { return lua_isnoneornil(L, first); }

/* The item, read again: the task may have changed the value. */
static bool append_item(lua_State *L, pmap_item_loop *loop) {
    if (!lua_checkstack(L, LUA_MINSTACK) || !loop->push(L, loop)) return false;
    int item = lua_gettop(L);
    return loop->append(L, item, item, loop);
}

static bool append_kept(lua_State *L, int first, int last, pmap_item_loop *loop) {
    pmap_cursor *cursor = &loop->cursor;
    if (is_nothing(L, first)) return last <= first;
    if (!lua_toboolean(L, first)) return true;
    if (!loop->passes_records) return append_item(L, loop);
    if (!pmap_has_space(cursor, loop->length + 1)) return false;
    pmap_put(cursor, loop->record, loop->length);
    bool has_end = loop->keeps_end && loop->length && loop->record[loop->length - 1] == loop->output_terminator;
    if (loop->has_terminator && !has_end) *cursor->next++ = loop->output_terminator;
    return true;
}

/* Commits the item whose bytes begin at `start`. */
static void commit(pmap_item_loop *loop, const char *start) {
    if (loop->is_timed) pmap_end_item_time(loop->status, loop->finished, (uint64_t)(loop->cursor.next - start));
    loop->finished++;
    pmap_commit(loop->status, loop->finished, (uint64_t)(loop->cursor.next - loop->output));
}

/* Appends the results, if they are of the common kind and there is space for them, and commits the item. */
static bool finish_item(lua_State *L, pmap_item_loop *loop) {
    pmap_append_result append = loop->is_filter ? append_kept : loop->append;
    int last = lua_gettop(L);
    char *start = loop->cursor.next;
    if (pmap_clear_emitted() || pmap_has_captured() || pmap_locks_held) return false;
    if (!append(L, 3, last, loop)) {
        lua_settop(L, last);
        loop->cursor.next = start;
        return false;
    }
    commit(loop, start);
    return true;
}

/* The same for an item of which the results are parts. */
static bool finish_parts(pmap_item_loop *loop) {
    char *start = loop->cursor.next;
    pmap_part parts[pmap_most_parts];
    if (!loop->find_parts || !loop->append_parts || pmap_has_captured()) return false;
    int count = loop->find_parts(loop, parts);
    if (count == 0 || !loop->append_parts(loop, parts, count)) return false;
    commit(loop, start);
    return true;
}

/* Stack: … → …, results; or anything and false, when the record is left to Swift */
static bool run_task(lua_State *L, pmap_item_loop *loop, lua_Integer index) {
    if (loop->select) return loop->select(L, loop);
    lua_pushvalue(L, 2);
    if (!loop->push(L, loop)) return false;
    lua_pushinteger(L, index);
    lua_call(L, 2, LUA_MULTRET);
    if (!pmap_is_original()) pmap_leave_item_as_copy();
    return true;
}

/* Stack: loop, task → the results of the last item, if they are left to Swift */
static int run_loop(lua_State *L) {
    pmap_item_loop *loop = lua_touserdata(L, 1);
    if (loop->is_timed) loop->status->times[loop->finished].start = pmap_now();
    while (loop->items > 0) {
        loop->end_reason = PMAP_LOOP_STOPPED;
        if (!pmap_may_begin(loop->status, loop->item, &loop->begun)) return 0;
        loop->end_reason = PMAP_LOOP_MISSING;
        if (!next_record(loop)) return 0;
        lua_Integer index = (lua_Integer)loop->item++;
        loop->items--;
        loop->end_reason = PMAP_LOOP_RESULT; /* also when it raises */
        pmap_random_begin_item((unsigned long long)index);
        if (!finish_parts(loop)) {
            if (!run_task(L, loop, index)) {
                loop->end_reason = PMAP_LOOP_RECORD;
                return 0;
            }
            if (!finish_item(L, loop)) return lua_gettop(L) - 2;
            lua_settop(L, 2);
        }
        loop->end_reason = PMAP_LOOP_FULL;
        if ((size_t)(loop->cursor.next - loop->output) >= loop->flush_size) return 0;
        if (loop->is_timed && loop->finished == pmap_times) return 0;
    }
    loop->end_reason = PMAP_LOOP_DONE;
    return 0;
}

pmap_result pmap_run_item_loop(lua_State *L, int base, int task, int handler, pmap_item_loop *loop) {
    lua_settop(L, base);
    lua_pushcfunction(L, run_loop);
    lua_pushlightuserdata(L, loop);
    lua_pushvalue(L, task);
    pmap_hide_last_level(true);
    int status = pmap_call_handled(L, 2, LUA_MULTRET, handler);
    pmap_hide_last_level(false);
    return make_result(L, base, status);
}

/* ---- Text ---- */

bool pmap_push_line(lua_State *L, pmap_item_loop *loop) {
    lua_pushlstring(L, loop->record, loop->length);
    return true;
}

int pmap_find_line(pmap_item_loop *loop, pmap_part *parts) {
    *parts = (pmap_part){loop->record, loop->length};
    return 1;
}

bool pmap_append_nothing(lua_State *L, int first, int last, pmap_item_loop *loop) {
    (void)loop;
    return !is_nothing(L, first) || last <= first;
}

static bool append_string(lua_State *L, int index, pmap_cursor *cursor) {
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    if (!pmap_has_space(cursor, length + 1)) return false; /* one byte follows a field */
    pmap_put(cursor, text, length);
    return true;
}

static bool append_number(lua_State *L, int index, pmap_cursor *cursor) {
    if (!pmap_has_space(cursor, pmap_number_space)) return false;
    if (lua_isinteger(L, index)) {
        pmap_put_integer(cursor, lua_tointeger(L, index));
        return true;
    }
    bool has_point = localeconv()->decimal_point[0] == '.'; /* as by tostring */
    if (has_point && pmap_put_short_float(cursor, lua_tonumber(L, index))) return true;
    lua_pushvalue(L, index);
    bool has_space = append_string(L, -1, cursor);
    lua_pop(L, 1);
    return has_space;
}

static bool append_field(lua_State *L, int index, pmap_item_loop *loop) {
    pmap_cursor *cursor = &loop->cursor;
    int type = lua_type(L, index);
    if (type == LUA_TSTRING) return append_string(L, index, cursor);
    if (!pmap_has_space(cursor, 8)) return false;
    switch (type) {
    case LUA_TNUMBER: return append_number(L, index, cursor);
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, index)) pmap_put(cursor, "true", 4);
        else pmap_put(cursor, "false", 5);
        return true;
    case LUA_TNIL: return true;
    case LUA_TTABLE: return loop->append_table && loop->append_table(L, index, loop);
    default: return false;
    }
}

bool pmap_append_text(lua_State *L, int first, int last, pmap_item_loop *loop) {
    if (first == last && lua_type(L, first) == LUA_TSTRING) { /* mostly, and then it costs little */
        if (!append_string(L, first, &loop->cursor)) return false;
        *loop->cursor.next++ = loop->output_terminator;
        return true;
    }
    if (is_nothing(L, first)) return last <= first;
    for (int index = first; index <= last; index++) {
        if (!append_field(L, index, loop)) return false;
        *loop->cursor.next++ = index < last ? '\t' : loop->output_terminator;
    }
    return true;
}
