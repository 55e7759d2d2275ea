/* Results as partials. */
#include "reduce.h"

#include "messagepack.h"

static bool append_scalar(lua_State *L, int index, pmap_cursor *cursor) {
    unsigned char *end =
        put_scalar(L, index, lua_type(L, index), (unsigned char *)cursor->next, (const unsigned char *)cursor->end);
    if (!end) return false;
    cursor->next = (char *)end;
    return true;
}

static bool push_number(lua_State *L, int index) {
    size_t length;
    switch (lua_type(L, index)) {
    case LUA_TNUMBER: lua_pushvalue(L, index); break;
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &length);
        if (lua_stringtonumber(L, text) != length + 1) return false;
        break;
    }
    default: return false;
    }
    return lua_rawequal(L, -1, -1); /* some refuse nan */
}

/* Appends the number that is the value at `index`. */
static bool append_number(lua_State *L, int index, pmap_cursor *cursor) {
    return push_number(L, index) && append_scalar(L, -1, cursor);
}

/* Of as many values as reducers each has its own. */
static bool append_each(lua_State *L, int first, const pmap_reducers *reducers, pmap_cursor *cursor) {
    if (!pmap_has_space(cursor, longest_head)) return false;
    cursor->next = (char *)pmap_put_list((unsigned char *)cursor->next, reducers->count);
    for (int place = 0; place < reducers->count; place++) {
        bool is_counted = reducers->kinds[place] == PMAP_REDUCER_COUNT;
        if (is_counted) lua_pushinteger(L, 1);
        if (is_counted ? !append_scalar(L, -1, cursor) : !append_number(L, first + place, cursor)) return false;
        lua_pop(L, 1);
    }
    return true;
}

/* Appends the values at first … last as they are to be joined; or is false, when that is left to Swift. */
static bool append_lifted(lua_State *L, int first, int last, const pmap_partial_writer *writer, pmap_cursor *cursor) {
    if (writer->lift == PMAP_LIFT_ONE) {
        lua_pushinteger(L, 1);
        return append_scalar(L, -1, cursor);
    }
    if (first != last) {
        bool is_each = writer->lift == PMAP_LIFT_NUMBER && last - first + 1 == writer->reducers.count;
        return is_each && append_each(L, first, &writer->reducers, cursor);
    }
    switch (writer->lift) {
    case PMAP_LIFT_NUMBER: return append_number(L, first, cursor);
    case PMAP_LIFT_CALL: {
        lua_rawgeti(L, LUA_REGISTRYINDEX, writer->function);
        lua_pushvalue(L, first);
        int below = lua_gettop(L) - 2;
        lua_call(L, 1, LUA_MULTRET);
        pmap_check_one_result(L, below, "lift", "what is to be joined");
        return append_scalar(L, -1, cursor);
    }
    default: return append_scalar(L, first, cursor);
    }
}

static bool is_nan(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TNUMBER && !lua_rawequal(L, index, index);
}

/* In front of the value of the running item, which ends at `end`. */
static void put_head(const pmap_item_loop *loop, char *start, const char *end) {
    uint64_t head[3] = {loop->item - 1, loop->item - 1, (uint64_t)(end - start) - pmap_partial_head};
    memcpy(start, head, sizeof head);
}

bool pmap_append_partial(lua_State *L, int first, int last, pmap_item_loop *loop) {
    const pmap_partial_writer *writer = loop->writer;
    if (lua_isnoneornil(L, first)) return last <= first;
    pmap_cursor cursor = loop->cursor; /* a lift may raise */
    if (!lua_checkstack(L, LUA_MINSTACK) || !pmap_has_space(&cursor, pmap_partial_head + 1)) return false;
    char *start = cursor.next;
    cursor.next += pmap_partial_head;
    if (writer->has_keys) {
        *cursor.next++ = (char)0x92;
        if (is_nan(L, first) || !append_scalar(L, first, &cursor)) return false;
        first++;
    }
    if (!append_lifted(L, first, last, writer, &cursor)) return false;
    put_head(loop, start, cursor.next);
    loop->cursor = cursor;
    return true;
}

/* ---- Parts of records ---- */

/* Reads up to 18 digits, or up to 15 with a point between them: these are exact as a float, and so is the power of 10, so that
 * one division rounds as strtod does. */
static bool read_decimal(const char *text, size_t length, pmap_number *number) {
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool is_negative = length > 1 && *text == '-';
    const char *at = text + is_negative, *const start = at, *const end = text + length, *point = NULL;
    if (length == 0 || end - at > 18) return false;
    int64_t integer = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)*at - '0';
        if (digit <= 9) integer = 10 * integer + digit;
        else if (*at == '.' && !point && at > start && at + 1 < end) point = at;
        else return false;
    }
    if (!point) {
        *number = (pmap_number){.integer = is_negative ? -integer : integer};
        return true;
    }
    if (end - start > 16) return false;
    double value = (double)integer / powers[end - point - 1];
    *number = (pmap_number){.is_float = true, .number = is_negative ? -value : value};
    return true;
}

static bool append_decimal(const pmap_part *part, pmap_cursor *cursor) {
    pmap_number number;
    if (!pmap_has_space(cursor, longest_head) || !read_decimal(part->text, part->length, &number)) return false;
    cursor->next = (char *)pmap_put_number((unsigned char *)cursor->next, number);
    return true;
}

static bool append_one(pmap_cursor *cursor) {
    if (!pmap_has_space(cursor, 1)) return false;
    *cursor->next++ = 1;
    return true;
}

/* As append_lifted. */
static bool append_lifted_parts(
    const pmap_part *parts, int count, const pmap_partial_writer *writer, pmap_cursor *cursor) {
    const pmap_reducers *reducers = &writer->reducers;
    if (writer->lift == PMAP_LIFT_ONE) return append_one(cursor);
    if (writer->lift != PMAP_LIFT_NUMBER) return false;
    if (count == 1) return append_decimal(parts, cursor);
    if (count != reducers->count || !pmap_has_space(cursor, longest_head)) return false;
    cursor->next = (char *)pmap_put_list((unsigned char *)cursor->next, count);
    for (int place = 0; place < count; place++) {
        bool is_counted = reducers->kinds[place] == PMAP_REDUCER_COUNT;
        if (is_counted ? !append_one(cursor) : !append_decimal(&parts[place], cursor)) return false;
    }
    return true;
}

bool pmap_append_parts_partial(pmap_item_loop *loop, const pmap_part *parts, int count) {
    const pmap_partial_writer *writer = loop->writer;
    pmap_cursor cursor = loop->cursor;
    if (!pmap_has_space(&cursor, pmap_partial_head + 1)) return false;
    char *start = cursor.next;
    cursor.next += pmap_partial_head;
    if (writer->has_keys) {
        size_t length = parts->length;
        *cursor.next++ = (char)0x92;
        if (length > UINT32_MAX || !pmap_has_space(&cursor, length + longest_head)) return false;
        cursor.next = (char *)put_string((unsigned char *)cursor.next, parts->text, length);
        parts++, count--;
    }
    if (!append_lifted_parts(parts, count, writer, &cursor)) return false;
    put_head(loop, start, cursor.next);
    loop->cursor = cursor;
    return true;
}
