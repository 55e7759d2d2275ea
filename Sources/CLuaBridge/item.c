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

static pmap_answer look_at_answer(lua_State *L, int below, int status) {
    pmap_answer answer = {.status = status};
    answer.results = lua_gettop(L) - below;
    answer.type = lua_type(L, below + 1);
    answer.printed = pmap_has_captured();
    answer.uses_seed = pmap_random_uses_seed();
    if (answer.results == 1 && answer.type == LUA_TSTRING) answer.text = lua_tolstring(L, -1, &answer.length);
    return answer;
}

pmap_answer pmap_run_item(lua_State *L, int handler, long long index) {
    int below = lua_gettop(L) - 2;
    lua_pushinteger(L, index);
    return look_at_answer(L, below, pmap_call_handled(L, 2, LUA_MULTRET, handler));
}

/* ---- Many at a time ---- */

static bool take_record(pmap_items *items) {
    if (items->next == items->end) return false;
    const char *end = memchr(items->next, items->terminator, (size_t)(items->end - items->next));
    items->record = items->next;
    items->length = (size_t)((end ? end : items->end) - items->next);
    items->next = end ? end + 1 : items->end;
    return true;
}

/* nil alone is no record, and before anything else a failure, which is not told here. */
static bool is_nothing(lua_State *L, int first) { return lua_isnoneornil(L, first); }

static bool append_record(lua_State *L, int first, int last, pmap_items *items) {
    pmap_room *room = &items->room;
    if (is_nothing(L, first)) return last <= first;
    if (!lua_toboolean(L, first)) return true;
    if (!pmap_has_room(room, items->length + 1)) return false;
    pmap_put(room, items->record, items->length);
    *room->next++ = items->output_terminator;
    return true;
}

/* Appends what was answered, if it is of the ordinary kind and there is room for it, and commits the item. */
static bool finish_item(lua_State *L, pmap_items *items) {
    pmap_append_answer append = items->is_filter ? append_record : items->append;
    int last = lua_gettop(L);
    char *start = items->room.next;
    if (pmap_clear_emitted() || pmap_has_captured() || pmap_locks_held) return false;
    if (!append(L, 3, last, items)) {
        lua_settop(L, last);
        items->room.next = start;
        return false;
    }
    items->finished++;
    unsigned long long used = (unsigned long long)(items->room.next - items->output);
    __atomic_store_n(items->committed, items->finished << 32 | used, __ATOMIC_RELEASE);
    return true;
}

/* As `mayBegin` of Wire/Outbox.swift. The fence is for the compiler only: the host makes every processor keep the
 * order, by membarrier(2), in the rare case that it raises a barrier. */
static bool may_begin(pmap_items *items) {
    unsigned long long before = *items->current;
    __atomic_store_n(items->current, items->item, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    unsigned long long barrier = __atomic_load_n(items->barrier, __ATOMIC_ACQUIRE);
    if (barrier && items->begun + 1 >= barrier) {
        __atomic_store_n(items->current, before, __ATOMIC_RELEASE);
        return false;
    }
    items->begun++;
    return true;
}

/* Stack: items, task → the results of the last item, if they are to be looked at */
static int run_items(lua_State *L) {
    pmap_items *items = lua_touserdata(L, 1);
    while (items->items > 0) {
        items->reason = PMAP_ITEMS_STOPPED;
        if (!may_begin(items)) return 0;
        items->reason = PMAP_ITEMS_MISSING;
        if (!take_record(items)) return 0;
        lua_Integer index = (lua_Integer)items->item++;
        items->items--;
        items->reason = PMAP_ITEMS_ANSWER; /* also when it raises */
        pmap_random_begin_item((unsigned long long)index);
        lua_pushvalue(L, 2);
        if (!items->push(L, items)) {
            items->reason = PMAP_ITEMS_RECORD;
            return 0;
        }
        lua_pushinteger(L, index);
        lua_call(L, 2, LUA_MULTRET);
        if (!pmap_is_original()) pmap_leave_item_as_copy();
        if (!finish_item(L, items)) return lua_gettop(L) - 2;
        lua_settop(L, 2);
        items->reason = PMAP_ITEMS_FULL;
        if ((size_t)(items->room.next - items->output) >= items->enough) return 0;
    }
    items->reason = PMAP_ITEMS_DONE;
    return 0;
}

pmap_answer pmap_run_items(lua_State *L, int base, int task, int handler, pmap_items *items) {
    lua_settop(L, base);
    lua_pushcfunction(L, run_items);
    lua_pushlightuserdata(L, items);
    lua_pushvalue(L, task);
    pmap_hide_last_level(true);
    int status = pmap_call_handled(L, 2, LUA_MULTRET, handler);
    pmap_hide_last_level(false);
    return look_at_answer(L, base, status);
}

/* ---- Text ---- */

bool pmap_push_line(lua_State *L, pmap_items *items) {
    lua_pushlstring(L, items->record, items->length);
    return true;
}

bool pmap_append_nothing(lua_State *L, int first, int last, pmap_items *items) {
    (void)items;
    return !is_nothing(L, first) || last <= first;
}

static bool append_string(lua_State *L, int index, pmap_room *room) {
    size_t length;
    const char *text = lua_tolstring(L, index, &length);
    if (!pmap_has_room(room, length + 1)) return false; /* what follows a field is one byte */
    pmap_put(room, text, length);
    return true;
}

static bool append_number(lua_State *L, int index, pmap_room *room) {
    if (!pmap_has_room(room, pmap_number_room)) return false;
    if (lua_isinteger(L, index)) {
        pmap_put_integer(room, lua_tointeger(L, index));
        return true;
    }
    bool has_point = localeconv()->decimal_point[0] == '.'; /* as in what tostring gives */
    if (has_point && pmap_put_short_float(room, lua_tonumber(L, index))) return true;
    lua_pushvalue(L, index);
    bool has_room = append_string(L, -1, room);
    lua_pop(L, 1);
    return has_room;
}

static bool append_field(lua_State *L, int index, pmap_items *items) {
    pmap_room *room = &items->room;
    int type = lua_type(L, index);
    if (type == LUA_TSTRING) return append_string(L, index, room);
    if (!pmap_has_room(room, 8)) return false;
    switch (type) {
    case LUA_TNUMBER: return append_number(L, index, room);
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, index)) pmap_put(room, "true", 4);
        else pmap_put(room, "false", 5);
        return true;
    case LUA_TNIL: return true;
    case LUA_TTABLE: return items->append_table && items->append_table(L, index, items);
    default: return false;
    }
}

bool pmap_append_text(lua_State *L, int first, int last, pmap_items *items) {
    if (first == last && lua_type(L, first) == LUA_TSTRING) { /* mostly, and then it costs little */
        if (!append_string(L, first, &items->room)) return false;
        *items->room.next++ = items->output_terminator;
        return true;
    }
    if (is_nothing(L, first)) return last <= first;
    for (int index = first; index <= last; index++) {
        if (!append_field(L, index, items)) return false;
        *items->room.next++ = index < last ? '\t' : items->output_terminator;
    }
    return true;
}
