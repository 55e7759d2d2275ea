/* Partial results, joined; and results as partials. */
#include "reduce.h"

#include <stdlib.h>

#include "messagepack.h"
#include "timeout.h"

/* The stack of the functions below. */
enum { reduction_slot = 1, values, tops, keys, function, first_free };

static pmap_reduction *reduction_of(lua_State *L) { return lua_touserdata(L, reduction_slot); }

/* ---- Nodes ---- */

static uint32_t new_node(lua_State *L, pmap_reduction *r) {
    uint32_t node = r->free;
    if (node) {
        r->free = r->nodes[node].below;
        return node;
    }
    if (r->used + 1 >= r->capacity) {
        uint32_t capacity = r->capacity ? 2 * r->capacity : 256;
        pmap_partial_node *nodes = realloc(r->nodes, capacity * sizeof *nodes);
        if (!nodes) luaL_error(L, "not enough memory");
        r->nodes = nodes;
        r->capacity = capacity;
    }
    return ++r->used;
}

static void free_node(lua_State *L, pmap_reduction *r, uint32_t node) {
    lua_pushnil(L);
    lua_rawseti(L, values, node);
    if (r->has_keys) {
        lua_pushnil(L);
        lua_rawseti(L, keys, node);
    }
    r->nodes[node] = (pmap_partial_node){.below = r->free};
    r->free = node;
}

/* ---- Joining ---- */

/* Stack: left, right → joined */
static void join(lua_State *L, pmap_reduction *r, const pmap_partial_node *left, uint64_t first, uint64_t last) {
    r->left.first = left->first, r->left.last = left->last;
    r->right.first = first, r->right.last = last;
    switch (r->kind) {
    case PMAP_JOIN_BY_ADDING: lua_arith(L, LUA_OPADD); return;
    case PMAP_JOIN_LEAST:
    case PMAP_JOIN_MOST: {
        bool is_right = r->kind == PMAP_JOIN_LEAST ? lua_compare(L, -1, -2, LUA_OPLT) : lua_compare(L, -2, -1, LUA_OPLT);
        lua_remove(L, is_right ? -2 : -1);
        return;
    }
    case PMAP_JOIN_BY_CALL: break;
    }
    lua_pushvalue(L, function);
    lua_insert(L, -3);
    if (r->nanoseconds) pmap_begin_time(r->nanoseconds, r->seconds);
    lua_call(L, 2, 1);
    if (r->nanoseconds) pmap_end_time();
    if (lua_isnil(L, -1)) luaL_error(L, "reduce has returned nil; return the two values joined into one");
}

/* Joins the node with the one below, which it becomes. */
static uint32_t join_down(lua_State *L, pmap_reduction *r, uint32_t node) {
    uint32_t below = r->nodes[node].below;
    lua_rawgeti(L, values, below);
    lua_rawgeti(L, values, node);
    join(L, r, &r->nodes[below], r->nodes[node].first, r->nodes[node].last);
    lua_rawseti(L, values, below);
    r->nodes[below].last = r->nodes[node].last;
    free_node(L, r, node);
    return below;
}

/* The highest bit in which two numbers, counted from 0, differ: the aligned block of 2^(level + 1) has both. */
static int level(uint64_t left, uint64_t right) { return 63 - __builtin_clzll((left - 1) ^ (right - 1)); }

/* Whether nothing else can lie in the block of a node and the one below. */
static bool may_join(const pmap_reduction *r, uint32_t node) {
    if (r->end == UINT64_MAX) return true;
    const pmap_partial_node *right = &r->nodes[node], *left = &r->nodes[right->below];
    int bits = level(left->last, right->first) + 1;
    if (bits > 62) return false;
    uint64_t start = (right->first - 1) >> bits << bits;
    return start >= r->start - 1 && start + ((uint64_t)1 << bits) <= r->end - 1;
}

/* Stack: …, value → … ; false when the topmost node of its key is of another item */
static bool join_with_same(lua_State *L, pmap_reduction *r, uint32_t top) {
    const pmap_partial_node *node = &r->nodes[top];
    if (!top || node->last != r->first || node->first != r->last) return false;
    lua_rawgeti(L, values, top);
    lua_insert(L, -2);
    join(L, r, node, r->first, r->last);
    lua_rawseti(L, values, top);
    return true;
}

/* Stack: …, value → …, of the items first … last of `r`; `top` is the topmost node of its key. Returns the new one. */
static uint32_t push(lua_State *L, pmap_reduction *r, uint32_t top) {
    while (top && r->nodes[top].below) {
        uint32_t below = r->nodes[top].below;
        if (level(r->nodes[below].last, r->nodes[top].first) > level(r->nodes[top].last, r->first)) break;
        if (!may_join(r, top)) break;
        top = join_down(L, r, top);
    }
    uint32_t added = new_node(L, r);
    r->nodes[added] = (pmap_partial_node){r->first, r->last, top};
    lua_rawseti(L, values, added);
    return added;
}

/* Stack: value → ; with keys: key, value → */
static void add(lua_State *L, pmap_reduction *r) {
    if (!r->has_keys) {
        if (!join_with_same(L, r, r->top)) r->top = push(L, r, r->top);
        return;
    }
    int key = lua_gettop(L) - 1;
    lua_pushvalue(L, key);
    lua_rawget(L, tops);
    uint32_t top = (uint32_t)lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (!join_with_same(L, r, top)) {
        top = push(L, r, top);
        lua_pushvalue(L, key);
        lua_pushinteger(L, top);
        lua_rawset(L, tops);
        lua_pushvalue(L, key);
        lua_rawseti(L, keys, top);
    }
    lua_settop(L, key - 1);
}

/* Stack: → value; with keys: → key, value; false when that is left to Swift */
static bool push_value(lua_State *L, pmap_reduction *r, const unsigned char *bytes, size_t size) {
    if (!r->has_keys) return pmap_unpack(L, bytes, size) == size;
    if (size < 2 || *bytes != 0x92) return false;
    size_t length = pmap_unpack(L, bytes + 1, size - 1);
    if (length == 0 || length == size - 1) return false;
    return pmap_unpack(L, bytes + 1 + length, size - 1 - length) == size - 1 - length;
}

/* Stack: …, value → …, value */
static void lift(lua_State *L, const pmap_reduction *r) {
    if (!r->lift) return;
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->lift);
    lua_insert(L, -2);
    lua_call(L, 1, 1);
}

static int reduce_all(lua_State *L) {
    pmap_reduction *r = reduction_of(L);
    while (r->bytes_end - r->next >= pmap_partial_head) {
        uint64_t head[3];
        memcpy(head, r->next, sizeof head);
        if (head[2] > (uint64_t)(r->bytes_end - r->next - pmap_partial_head)) break;
        r->first = head[0];
        r->last = head[1];
        if (!push_value(L, r, r->next + pmap_partial_head, (size_t)head[2])) return 0;
        r->next += pmap_partial_head + head[2];
        lift(L, r);
        add(L, r);
        lua_settop(L, function);
    }
    r->first = 0;
    return 0;
}

static int reduce_value(lua_State *L) {
    pmap_reduction *r = reduction_of(L);
    if (r->has_keys) {
        lua_rawgeti(L, first_free, 1);
        lua_rawgeti(L, first_free, 2);
    }
    lift(L, r);
    add(L, r);
    return 0;
}

static uint32_t join_rest(lua_State *L, pmap_reduction *r, uint32_t top) {
    while (top && r->nodes[top].below && may_join(r, top)) top = join_down(L, r, top);
    return top;
}

static int reduce_rest(lua_State *L) {
    pmap_reduction *r = reduction_of(L);
    if (!r->has_keys) {
        r->top = join_rest(L, r, r->top);
        return 0;
    }
    lua_pushnil(L);
    while (lua_next(L, tops)) {
        uint32_t before = (uint32_t)lua_tointeger(L, -1), top = join_rest(L, r, before);
        lua_pop(L, 1);
        if (top == before) continue;
        lua_pushvalue(L, -1);
        lua_pushinteger(L, top);
        lua_rawset(L, tops);
    }
    return 0;
}

/* Stack: arguments… → */
static int call(lua_State *L, lua_CFunction body, int arguments, int tables, int handler, pmap_reduction *r) {
    int below = lua_gettop(L) - arguments;
    tables = lua_absindex(L, tables);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, r);
    for (int place = 0; place < 4; place++) lua_pushvalue(L, tables + place);
    lua_rotate(L, below + 1, 6);
    pmap_hide_last_level(true);
    int status = pmap_call_handled(L, 5 + arguments, 0, handler);
    pmap_hide_last_level(false);
    if (status != LUA_OK && r->nanoseconds) pmap_end_time();
    return status;
}

int pmap_reduce(lua_State *L, int tables, int handler, pmap_reduction *r) {
    return call(L, reduce_all, 0, tables, handler, r);
}

int pmap_reduce_value(lua_State *L, int tables, int handler, pmap_reduction *r) {
    return call(L, reduce_value, 1, tables, handler, r);
}

int pmap_reduce_rest(lua_State *L, int tables, int handler, pmap_reduction *r) {
    return call(L, reduce_rest, 0, tables, handler, r);
}

/* ---- Results as partials ---- */

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
    case LUA_TNUMBER: lua_pushvalue(L, index); return true;
    case LUA_TSTRING: {
        const char *text = lua_tolstring(L, index, &length);
        return lua_stringtonumber(L, text) == length + 1;
    }
    default: return false;
    }
}

/* Stack: → the one value at first … last as it is to be joined; or → anything and false, when that is left to Swift */
static bool push_lifted(lua_State *L, int first, int last, const pmap_partial_writer *writer) {
    if (writer->lift == PMAP_LIFT_ONE) {
        lua_pushinteger(L, 1);
        return true;
    }
    if (first != last) return false;
    switch (writer->lift) {
    case PMAP_LIFT_NUMBER: return push_number(L, first);
    case PMAP_LIFT_CALL:
        lua_rawgeti(L, LUA_REGISTRYINDEX, writer->function);
        lua_pushvalue(L, first);
        lua_call(L, 1, 1);
        return true;
    default: lua_pushvalue(L, first); return true;
    }
}

static bool is_nan(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TNUMBER && !lua_rawequal(L, index, index);
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
    if (!push_lifted(L, first, last, writer) || !append_scalar(L, -1, &cursor)) return false;
    uint64_t head[3] = {loop->item - 1, loop->item - 1, (uint64_t)(cursor.next - start) - pmap_partial_head};
    memcpy(start, head, sizeof head);
    loop->cursor = cursor;
    return true;
}
