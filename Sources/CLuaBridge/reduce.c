/* Partial results, joined; and results as partials. */
#define _GNU_SOURCE
#include "reduce.h"

#include <math.h>
#include <stdlib.h>

#include "messagepack.h"
#include "random.h"
#include "timeout.h"

void pmap_reduction_free(const pmap_reduction *r) {
    free(r->nodes);
    free(r->numbers);
    free(r->keys);
    free(r->cells);
    free(r->text);
}

void pmap_reduction_clear(pmap_reduction *r) {
    r->used = r->free = r->top = r->key_count = 0;
    r->text_size = 0;
    r->newest = 0;
    r->is_full = false;
    if (r->cells) memset(r->cells, 0, r->cell_count * sizeof *r->cells);
}

size_t pmap_reduction_size(lua_State *L, const pmap_reduction *r) {
    size_t heap = pmap_gc_bytes(L);
    size_t node = sizeof *r->nodes + (size_t)r->reducers.width * sizeof *r->numbers;
    return (heap > r->heap ? heap - r->heap : 0) + r->used * node + r->key_count * sizeof *r->keys
        + r->cell_count * sizeof *r->cells + r->text_size;
}

/* The stack of the functions below. */
enum { reduction_slot = 1, values, function, first_free };

static pmap_reduction *reduction_of(lua_State *L) { return lua_touserdata(L, reduction_slot); }

static void *grown(lua_State *L, void *memory, size_t count, size_t size) {
    void *more = realloc(memory, count * size);
    if (!more) luaL_error(L, "not enough memory");
    return more;
}

/* ---- Keys ---- */

static uint64_t hash_of(const unsigned char *bytes, size_t length) {
    uint64_t hash = length * 0x9e3779b97f4a7c15;
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * 0xff51afd7ed558ccd;
        hash ^= hash >> 32;
    }
    uint64_t word = 0;
    memcpy(&word, bytes, length);
    hash = (hash ^ word) * 0xff51afd7ed558ccd;
    return hash ^ hash >> 29;
}

static void grow_cells(lua_State *L, pmap_reduction *r) {
    uint32_t count = r->cell_count ? 2 * r->cell_count : 1024;
    uint32_t *cells = calloc(count, sizeof *cells);
    if (!cells) luaL_error(L, "not enough memory");
    for (uint32_t key = 1; key <= r->key_count; key++) {
        uint32_t cell = (uint32_t)r->keys[key].hash & (count - 1);
        while (cells[cell]) cell = (cell + 1) & (count - 1);
        cells[cell] = key;
    }
    free(r->cells);
    r->cells = cells;
    r->cell_count = count;
}

/* The number of the key with these bytes, from 1. */
static uint32_t find_key(lua_State *L, pmap_reduction *r, const unsigned char *bytes, size_t length) {
    unsigned char integral[longest_head];
    pmap_number number;
    if (*bytes == 0xcb && pmap_read_number(bytes, length, &number)) {
        lua_Integer integer;
        if (lua_numbertointeger(number.number, &integer) && (double)integer == number.number) {
            length = (size_t)(put_integer(integral, integer) - integral);
            bytes = integral;
        }
    }
    if (2 * (r->key_count + 1) > r->cell_count) grow_cells(L, r);
    uint64_t hash = hash_of(bytes, length);
    uint32_t cell = (uint32_t)hash & (r->cell_count - 1);
    for (uint32_t key; (key = r->cells[cell]) != 0; cell = (cell + 1) & (r->cell_count - 1)) {
        const pmap_partial_key *known = &r->keys[key];
        if (known->hash == hash && known->length == length && !memcmp(r->text + known->start, bytes, length)) return key;
    }
    if (r->key_count + 1 >= r->key_capacity) {
        uint32_t capacity = r->key_capacity ? 2 * r->key_capacity : 256;
        r->keys = grown(L, r->keys, capacity, sizeof *r->keys);
        r->key_capacity = capacity;
    }
    if (r->text_size + length > r->text_capacity) {
        size_t capacity = 2 * (r->text_size + length) + 1024;
        r->text = grown(L, r->text, capacity, 1);
        r->text_capacity = capacity;
    }
    memcpy(r->text + r->text_size, bytes, length);
    r->keys[++r->key_count] = (pmap_partial_key){r->text_size, (uint32_t)length, 0, hash};
    r->text_size += length;
    return r->cells[cell] = r->key_count;
}

void pmap_push_joined_key(lua_State *L, const pmap_reduction *r, uint32_t key) {
    push_scalar(L, r->text + r->keys[key].start, r->keys[key].length);
}

/* What a key is, for its place among others. */
typedef struct {
    enum { key_boolean, key_number, key_string } type;
    pmap_number number; /* or 0 and 1 */
    const unsigned char *text;
    size_t length;
} key_order;

static key_order order_of(const unsigned char *bytes, size_t length) {
    key_order order = {.type = key_number};
    if (pmap_read_number(bytes, length, &order.number)) return order;
    order.number.is_float = false;
    order.number.integer = *bytes == 0xc3;
    order.type = *bytes == 0xc2 || *bytes == 0xc3 ? key_boolean : key_string;
    size_t head = *bytes < 0xc0 ? 1 : *bytes == 0xd9 ? 2 : *bytes == 0xda ? 3 : 5;
    if (order.type == key_string) order.text = bytes + head, order.length = length - head;
    return order;
}

static int compare_numbers(pmap_number left, pmap_number right) {
    if (!left.is_float && !right.is_float) return (left.integer > right.integer) - (left.integer < right.integer);
    long double a = left.is_float ? left.number : (long double)left.integer; /* has all integers of 64 bits */
    long double b = right.is_float ? right.number : (long double)right.integer;
    return (a > b) - (a < b);
}

int pmap_compare_keys(const unsigned char *left, size_t left_length, const unsigned char *right, size_t right_length) {
    key_order a = order_of(left, left_length), b = order_of(right, right_length);
    if (a.type != b.type) return a.type < b.type ? -1 : 1;
    if (a.type != key_string) return compare_numbers(a.number, b.number);
    int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

static int compare(const void *left, const void *right, void *text) {
    const pmap_partial_key *a = left, *b = right;
    const unsigned char *bytes = text;
    return pmap_compare_keys(bytes + a->start, a->length, bytes + b->start, b->length);
}

void pmap_sort_keys(pmap_reduction *r) {
    if (r->key_count) qsort_r(r->keys + 1, r->key_count, sizeof *r->keys, compare, r->text);
}

/* ---- Nodes ---- */

static bool is_in_lua(const pmap_reduction *r) { return r->reducers.count == 0; }

/* The states of a node, or, with 0, of the value that comes next. */
static pmap_number *numbers_of(const pmap_reduction *r, uint32_t node) {
    return r->numbers + (size_t)node * (size_t)r->reducers.width;
}

static void grow_nodes(lua_State *L, pmap_reduction *r) {
    uint32_t capacity = r->capacity ? 2 * r->capacity : 256;
    r->nodes = grown(L, r->nodes, capacity, sizeof *r->nodes);
    if (!is_in_lua(r)) r->numbers = grown(L, r->numbers, capacity, (size_t)r->reducers.width * sizeof *r->numbers);
    r->capacity = capacity;
}

static uint32_t new_node(lua_State *L, pmap_reduction *r) {
    uint32_t node = r->free;
    if (node) {
        r->free = r->nodes[node].below;
        return node;
    }
    if (r->used + 1 >= r->capacity) grow_nodes(L, r);
    return ++r->used;
}

static void free_node(lua_State *L, pmap_reduction *r, uint32_t node) {
    if (is_in_lua(r)) {
        lua_pushnil(L);
        lua_rawseti(L, values, node);
    }
    r->nodes[node] = (pmap_partial_node){.below = r->free};
    r->free = node;
}

void pmap_push_node(lua_State *L, int tables, const pmap_reduction *r, uint32_t node) {
    if (node == 0) lua_pushnil(L);
    else if (is_in_lua(r)) lua_rawgeti(L, tables, node);
    else pmap_push_states(L, &r->reducers, numbers_of(r, node));
}

unsigned char *pmap_put_node(const pmap_reduction *r, uint32_t node, unsigned char *out) {
    return pmap_put_states(&r->reducers, numbers_of(r, node), out);
}

/* ---- Joining ---- */

void pmap_check_one_result(lua_State *L, int below, const char *name, const char *advice) {
    int results = lua_gettop(L) - below;
    bool is_nothing = results == 0 || lua_isnil(L, below + 1);
    if (is_nothing && results > 1 && lua_type(L, below + 2) == LUA_TSTRING) {
        lua_settop(L, below + 2);
        lua_error(L);
    }
    if (is_nothing) luaL_error(L, "%s has returned nil; return %s", name, advice);
    if (results > 1) luaL_error(L, "%s has returned %d values; return a list of them", name, results);
}

/* Joins the value of `node` with one that follows: that of `right`, or, with 0, the next one. Stack: value, if it is in Lua → */
static void join(lua_State *L, pmap_reduction *r, uint32_t node, uint64_t first, uint64_t last, uint32_t right) {
    r->left.first = r->nodes[node].first, r->left.last = r->nodes[node].last;
    r->right.first = first, r->right.last = last;
    r->key = r->nodes[node].key;
    if (!is_in_lua(r)) {
        pmap_join_states(L, &r->reducers, numbers_of(r, node), numbers_of(r, right));
        return;
    }
    lua_pushvalue(L, function);
    lua_rawgeti(L, values, node);
    lua_rotate(L, -3, 2);
    int below = lua_gettop(L) - 3;
    if (r->nanoseconds) pmap_begin_time(r->nanoseconds, r->seconds);
    pmap_random_begin_item(first); /* of all joins only this one has the item on its right */
    lua_call(L, 2, LUA_MULTRET);
    if (r->nanoseconds) pmap_end_time();
    pmap_check_one_result(L, below, "reduce", "the two values joined into one");
    lua_rawseti(L, values, node);
}

/* Joins the node with the one below, which it becomes. */
static uint32_t join_down(lua_State *L, pmap_reduction *r, uint32_t node) {
    uint32_t below = r->nodes[node].below;
    uint64_t first = r->nodes[node].first, last = r->nodes[node].last;
    if (is_in_lua(r)) lua_rawgeti(L, values, node);
    join(L, r, below, first, last, node);
    r->nodes[below].last = last;
    free_node(L, r, node);
    return below;
}

/* The highest bit in which two numbers, counted from 0, differ: the aligned block of 2^(level + 1) has both. */
static int level(uint64_t left, uint64_t right) { return 63 - __builtin_clzll((left - 1) ^ (right - 1)); }

/* Whether nothing else can lie in the block of a node and the one below. */
static bool may_join(const pmap_reduction *r, uint32_t node) {
    if (r->start == 1 && r->end == UINT64_MAX) return true;
    const pmap_partial_node *right = &r->nodes[node], *left = &r->nodes[right->below];
    int bits = level(left->last, right->first) + 1;
    if (bits > 62) return false;
    uint64_t start = (right->first - 1) >> bits << bits;
    return start >= r->start - 1 && (r->end == UINT64_MAX || start + ((uint64_t)1 << bits) <= r->end - 1);
}

/* Adds the next value, of the items first … last of `r`; Stack: value, if it is in Lua → . Its key has the topmost node `top`;
 * returns the new one. */
static uint32_t push(lua_State *L, pmap_reduction *r, uint32_t top, uint32_t key) {
    if (top && r->nodes[top].last == r->first && r->nodes[top].first == r->last) { /* of the same item */
        join(L, r, top, r->first, r->last, 0);
        return top;
    }
    while (top && r->nodes[top].below) {
        uint32_t below = r->nodes[top].below;
        if (level(r->nodes[below].last, r->nodes[top].first) > level(r->nodes[top].last, r->first)) break;
        if (!may_join(r, top)) break;
        top = join_down(L, r, top);
    }
    uint32_t added = new_node(L, r);
    r->nodes[added] = (pmap_partial_node){r->first, r->last, top, key};
    if (is_in_lua(r)) lua_rawseti(L, values, added);
    else memcpy(numbers_of(r, added), r->numbers, (size_t)r->reducers.width * sizeof *r->numbers);
    return added;
}

/* Adds the next value; Stack: value, if it is in Lua → */
static void add(lua_State *L, pmap_reduction *r, uint32_t key) {
    if (!r->has_keys) {
        r->top = push(L, r, r->top, 0);
    } else {
        uint32_t top = push(L, r, r->keys[key].top, key);
        r->keys[key].top = top;
    }
}

/* Stack: …, value → …, value */
static void lift(lua_State *L, const pmap_reduction *r) {
    if (!r->lift) return;
    int below = lua_gettop(L) - 1;
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->lift);
    lua_insert(L, -2);
    lua_call(L, 1, LUA_MULTRET);
    pmap_check_one_result(L, below, "lift", "what is to be joined");
}

/* Lifts and adds a record. Stack: record → */
static void add_record(lua_State *L, pmap_reduction *r, uint32_t key) {
    lift(L, r);
    if (!is_in_lua(r)) pmap_take_states(L, &r->reducers, r->numbers);
    add(L, r, key);
}

/* Returns the length of the scalar that begins at `bytes`. */
static size_t scalar_length(const unsigned char *bytes, size_t size) {
    size_t length = 0;
    switch (*bytes) {
    case 0xc2: case 0xc3: return 1;
    case 0xcc: case 0xd0: return 2;
    case 0xcd: case 0xd1: return 3;
    case 0xce: case 0xd2: return 5;
    case 0xcb: case 0xcf: case 0xd3: return 9;
    case 0xd9: length = 1; break;
    case 0xda: length = 2; break;
    case 0xdb: length = 4; break;
    default: return *bytes < 0x80 || *bytes >= 0xe0 ? 1 : 1 + (*bytes & 31u);
    }
    return size > length ? 1 + length + (size_t)big_endian(bytes + 1, (int)length) : size + 1;
}

size_t pmap_key_length(const unsigned char *value, size_t size) { return scalar_length(value + 1, size - 1); }

/* Whether what is here is to be moved away before items from `first` on come. */
static bool check_size(lua_State *L, pmap_reduction *r, uint64_t first) {
    if (r->most_bytes == 0 || r->newest == 0 || first <= r->newest) return false;
    return r->is_full = pmap_reduction_size(L, r) > r->most_bytes;
}

/* Adds the value that begins at `bytes`; false when that is left to Swift. */
static bool add_value(lua_State *L, pmap_reduction *r, uint32_t key, const unsigned char *bytes, size_t size) {
    if (!is_in_lua(r) && !r->lift) {
        if (!pmap_read_states(&r->reducers, bytes, size, r->numbers)) luaL_error(L, "a state is cut off");
        add(L, r, key);
        return true;
    }
    if (pmap_unpack(L, bytes, size) != size) return false;
    add_record(L, r, key);
    return true;
}

static int reduce_all(lua_State *L) {
    pmap_reduction *r = reduction_of(L);
    if (r->capacity == 0) grow_nodes(L, r);
    while (r->bytes_end - r->next >= pmap_partial_head) {
        uint64_t head[3];
        memcpy(head, r->next, sizeof head);
        if (head[2] > (uint64_t)(r->bytes_end - r->next - pmap_partial_head)) break;
        if (check_size(L, r, head[0])) break;
        r->first = head[0];
        r->last = head[1];
        if (r->newest < r->last) r->newest = r->last;
        const unsigned char *value = r->next + pmap_partial_head;
        size_t size = (size_t)head[2];
        uint32_t key = 0;
        if (r->has_keys) {
            size_t length = size < 2 ? 0 : pmap_key_length(value, size);
            if (size < 2 || length >= size - 1) luaL_error(L, "a key is cut off");
            key = find_key(L, r, value + 1, length);
            value += 1 + length;
            size -= 1 + length;
        }
        if (!add_value(L, r, key, value, size)) return 0;
        lua_settop(L, function);
        r->next += pmap_partial_head + head[2];
    }
    r->first = 0;
    return 0;
}

static int reduce_value(lua_State *L) {
    pmap_reduction *r = reduction_of(L);
    uint32_t key = 0;
    if (r->has_keys) {
        const unsigned char *bytes = r->next + pmap_partial_head + 1;
        key = find_key(L, r, bytes, scalar_length(bytes, (size_t)(r->bytes_end - bytes)));
        lua_rawgeti(L, first_free, 2);
    }
    add_record(L, r, key);
    return 0;
}

static uint32_t join_rest(lua_State *L, pmap_reduction *r, uint32_t top) {
    while (top && r->nodes[top].below && may_join(r, top)) top = join_down(L, r, top);
    return top;
}

static int reduce_rest(lua_State *L) {
    pmap_reduction *r = reduction_of(L);
    r->top = join_rest(L, r, r->top);
    for (uint32_t key = 1; key <= r->key_count; key++) r->keys[key].top = join_rest(L, r, r->keys[key].top);
    return 0;
}

/* Stack: arguments… → */
static int call(lua_State *L, lua_CFunction body, int arguments, int tables, int handler, pmap_reduction *r) {
    int below = lua_gettop(L) - arguments;
    tables = lua_absindex(L, tables);
    lua_pushcfunction(L, body);
    lua_pushlightuserdata(L, r);
    lua_pushvalue(L, tables);
    lua_pushvalue(L, tables + 1);
    lua_rotate(L, below + 1, 4);
    pmap_hide_last_level(true);
    int status = pmap_call_handled(L, 3 + arguments, 0, handler);
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
