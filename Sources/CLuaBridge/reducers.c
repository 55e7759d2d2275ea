/* The ready reducers of numbers. */
#include "reducers.h"

#pragma STDC FP_CONTRACT OFF /* the same bits as Lua's */

static const int widths[] = {
    [PMAP_REDUCER_COUNT] = 1, [PMAP_REDUCER_SUM] = 1, [PMAP_REDUCER_MIN] = 1,
    [PMAP_REDUCER_MAX] = 1, [PMAP_REDUCER_MEAN] = 2, [PMAP_REDUCER_VARIANCE] = 3,
};

void pmap_add_reducer(pmap_reducers *reducers, pmap_reducer kind) {
    reducers->kinds[reducers->count++] = kind;
    reducers->width += widths[kind];
}

static pmap_number of_integer(int64_t integer) { return (pmap_number){.integer = integer}; }
static pmap_number of_float(double number) { return (pmap_number){.is_float = true, .number = number}; }
static double as_float(pmap_number number) { return number.is_float ? number.number : (double)number.integer; }

/* ---- MessagePack ---- */

unsigned char *pmap_put_number(unsigned char *out, pmap_number number) {
    if (!number.is_float) return put_integer(out, number.integer);
    uint64_t word;
    memcpy(&word, &number.number, sizeof word);
    return put(out, 0xcb, word, 8);
}

/* The head of a list of so many; returns its length, or 0 when there is none. */
static size_t read_list(const unsigned char *bytes, size_t size, int count) {
    if (count < 16) return size > 0 && bytes[0] == (0x90 | count) ? 1 : 0;
    return size > 2 && bytes[0] == 0xdc && big_endian(bytes + 1, 2) == (uint64_t)count ? 3 : 0;
}

unsigned char *pmap_put_list(unsigned char *out, int count) {
    if (count >= 16) return put(out, 0xdc, (uint64_t)count, 2);
    *out = (unsigned char)(0x90 | count);
    return out + 1;
}

/* What one item has comes to this. */
static void lift(pmap_reducer kind, pmap_number number, pmap_number *state) {
    switch (kind) {
    case PMAP_REDUCER_MEAN:
    case PMAP_REDUCER_VARIANCE:
        state[0] = of_integer(1);
        state[1] = of_float(as_float(number));
        if (kind == PMAP_REDUCER_VARIANCE) state[2] = of_float(0);
        break;
    default: *state = number;
    }
}

static void lift_for_all(const pmap_reducers *reducers, pmap_number number, pmap_number *states) {
    for (int place = 0; place < reducers->count; states += widths[reducers->kinds[place++]]) {
        pmap_reducer kind = reducers->kinds[place];
        lift(kind, kind == PMAP_REDUCER_COUNT ? of_integer(1) : number, states);
    }
}

/* Returns the length of one reducer's state, or 0. */
static size_t read_state(pmap_reducer kind, const unsigned char *bytes, size_t size, pmap_number *state) {
    pmap_number number;
    size_t used = pmap_read_number(bytes, size, &number);
    if (used) return lift(kind, number, state), used;
    if (widths[kind] == 1 || !(used = read_list(bytes, size, widths[kind]))) return 0;
    for (int place = 0; place < widths[kind]; place++) {
        size_t length = pmap_read_number(bytes + used, size - used, &state[place]);
        if (!length) return 0;
        used += length;
    }
    return used;
}

bool pmap_read_states(const pmap_reducers *reducers, const unsigned char *bytes, size_t size, pmap_number *states) {
    if (reducers->count == 1) return read_state(reducers->kinds[0], bytes, size, states) == size;
    pmap_number number;
    size_t used = pmap_read_number(bytes, size, &number);
    if (used) return lift_for_all(reducers, number, states), used == size;
    if (!(used = read_list(bytes, size, reducers->count))) return false;
    for (int place = 0; place < reducers->count; states += widths[reducers->kinds[place++]]) {
        size_t length = read_state(reducers->kinds[place], bytes + used, size - used, states);
        if (!length) return false;
        used += length;
    }
    return used == size;
}

unsigned char *pmap_put_states(const pmap_reducers *reducers, const pmap_number *states, unsigned char *out) {
    if (reducers->count > 1) out = pmap_put_list(out, reducers->count);
    for (int place = 0; place < reducers->count; place++) {
        int width = widths[reducers->kinds[place]];
        if (width > 1) out = pmap_put_list(out, width);
        while (width-- > 0) out = pmap_put_number(out, *states++);
    }
    return out;
}

/* ---- Lua ---- */

static pmap_number take_number(lua_State *L) {
    pmap_number number = lua_isinteger(L, -1) ? of_integer(lua_tointeger(L, -1)) : of_float(lua_tonumber(L, -1));
    lua_pop(L, 1);
    return number;
}

void pmap_take_states(lua_State *L, const pmap_reducers *reducers, pmap_number *states) {
    if (reducers->count == 1) {
        lift(reducers->kinds[0], take_number(L), states);
        return;
    }
    for (int place = 0; place < reducers->count; states += widths[reducers->kinds[place++]]) {
        lua_rawgeti(L, -1, place + 1);
        lift(reducers->kinds[place], take_number(L), states);
    }
    lua_pop(L, 1);
}

static void push_number(lua_State *L, pmap_number number) {
    if (number.is_float) lua_pushnumber(L, number.number);
    else lua_pushinteger(L, number.integer);
}

static void push_state(lua_State *L, int width, const pmap_number *state) {
    if (width == 1) {
        push_number(L, *state);
        return;
    }
    lua_createtable(L, width, 0);
    for (int place = 0; place < width; place++) {
        push_number(L, state[place]);
        lua_rawseti(L, -2, place + 1);
    }
}

void pmap_push_states(lua_State *L, const pmap_reducers *reducers, const pmap_number *states) {
    if (reducers->count == 1) {
        push_state(L, reducers->width, states);
        return;
    }
    lua_createtable(L, reducers->count, 0);
    for (int place = 0; place < reducers->count; place++) {
        int width = widths[reducers->kinds[place]];
        push_state(L, width, states);
        lua_rawseti(L, -2, place + 1);
        states += width;
    }
}

/* ---- Joining ---- */

/* As Lua compares them. */
static bool is_less(lua_State *L, pmap_number left, pmap_number right) {
    if (left.is_float && right.is_float) return left.number < right.number;
    if (!left.is_float && !right.is_float) return left.integer < right.integer;
    push_number(L, left);
    push_number(L, right);
    bool is_less = lua_compare(L, -2, -1, LUA_OPLT);
    lua_pop(L, 2);
    return is_less;
}

static const char too_large[] = "the sum of the integers is outside 64 bits; return floats, as item + 0.0";

static pmap_number sum(lua_State *L, pmap_number left, pmap_number right) {
    if (left.is_float || right.is_float) return of_float(as_float(left) + as_float(right));
    long long integer;
    if (__builtin_saddll_overflow(left.integer, right.integer, &integer)) luaL_error(L, "%s", too_large);
    return of_integer(integer);
}

static void join_spread(pmap_number *left, const pmap_number *right) {
    double count = as_float(left[0]), other_count = as_float(right[0]);
    double all = (double)(left[0].integer + right[0].integer), distance = right[1].number - left[1].number;
    left[0].integer += right[0].integer;
    left[1].number += distance * other_count / all;
    left[2].number = left[2].number + right[2].number + distance * distance * count * other_count / all;
}

void pmap_join_states(lua_State *L, const pmap_reducers *reducers, pmap_number *left, const pmap_number *right) {
    for (int place = 0; place < reducers->count; place++) {
        pmap_reducer kind = reducers->kinds[place];
        switch (kind) {
        case PMAP_REDUCER_COUNT:
        case PMAP_REDUCER_SUM: *left = sum(L, *left, *right); break;
        case PMAP_REDUCER_MIN: if (is_less(L, *right, *left)) *left = *right; break;
        case PMAP_REDUCER_MAX: if (is_less(L, *left, *right)) *left = *right; break;
        case PMAP_REDUCER_MEAN:
            left[0].integer += right[0].integer;
            left[1].number += right[1].number;
            break;
        case PMAP_REDUCER_VARIANCE: join_spread(left, right); break;
        }
        left += widths[kind], right += widths[kind];
    }
}
