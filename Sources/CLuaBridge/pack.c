/* Plain values of Lua to MessagePack, table by table, in one pass. */
#include <stdlib.h>

#include "messagepack.h"
#include "values.h"

enum { most_depth = 100, short_head = 16, least_cells = 256, most_kept_cells = 1 << 18, page_bits = 12, object_bits = 4 };

/* ---- Tables seen in this message ---- */

/* Tables allocated one after the other are neighbours in memory, and mostly in a value: their cells are neighbours too. */
static size_t cell_of(const pmap_packer *packer, uintptr_t identity) {
    uint64_t page = (uint64_t)(identity >> page_bits) * 0x9e3779b97f4a7c15 >> 40;
    return (size_t)(page << (page_bits - object_bits) | (identity >> object_bits & 255)) & (packer->cells - 1);
}

static bool insert(pmap_packer *packer, uintptr_t identity) {
    size_t cell = cell_of(packer, identity);
    for (; packer->seen[cell].message == packer->message; cell = (cell + 1) & (packer->cells - 1)) {
        if (packer->seen[cell].identity == identity) return false;
    }
    packer->seen[cell] = (pmap_seen_table){identity, packer->message};
    packer->tables++;
    return true;
}

static bool grow(pmap_packer *packer) {
    pmap_seen_table *old = packer->seen;
    size_t cells = packer->cells;
    packer->cells = cells ? 2 * cells : least_cells;
    packer->seen = calloc(packer->cells, sizeof *packer->seen);
    if (!packer->seen) {
        packer->seen = old;
        packer->cells = cells;
        return false;
    }
    packer->tables = 0;
    for (size_t each = 0; each < cells; each++) {
        if (old[each].message == packer->message) insert(packer, old[each].identity);
    }
    free(old);
    return true;
}

static bool is_new(pmap_packer *packer, uintptr_t identity) {
    return (2 * packer->tables < packer->cells || grow(packer)) && insert(packer, identity);
}

static bool is_named(const pmap_packer *packer, uintptr_t identity) {
    size_t last = ((size_t)1 << (64 - packer->named_shift)) - 1;
    size_t cell = pmap_identity_cell(identity, packer->named_shift);
    for (; packer->named[cell].number >= 0; cell = (cell + 1) & last) {
        if (packer->named[cell].identity == identity) return true;
    }
    return false;
}

void pmap_packer_free(pmap_packer *packer) { free(packer->seen); }

/* ---- Tables ---- */

static bool pack_value(lua_State *L, int index, pmap_packer *packer, int depth);

static bool has_space(pmap_packer *packer, size_t size) {
    if ((size_t)(packer->end - packer->next) >= size) return true;
    packer->lacks_space = true;
    return false;
}

/* The head of a table is the number of its entries, and longer for more of them: it is widened when it must be. */
static bool widen(pmap_packer *packer, unsigned char *head, size_t from, size_t to) {
    if (!has_space(packer, to - from)) return false;
    memmove(head + to, head + from, (size_t)(packer->next - head) - from);
    packer->next += to - from;
    return true;
}

static bool count_entry(pmap_packer *packer, unsigned char *head, uint64_t entries) {
    if (entries == short_head) return widen(packer, head, 1, 3);
    if (entries == UINT16_MAX + 1) return widen(packer, head, 3, 5);
    return entries <= UINT32_MAX;
}

static void put_head(unsigned char *head, unsigned char few, unsigned char many, uint64_t entries) {
    if (entries < short_head) *head = few | (unsigned char)entries;
    else if (entries <= UINT16_MAX) put(head, many, entries, 2);
    else put(head, many + 1, entries, 4);
}

/* Stack: …, 1, its value → anything. Refuses keys that do not come in order, as they mostly do. */
static bool pack_list(lua_State *L, int table, pmap_packer *packer, int depth) {
    unsigned char *head = packer->next++;
    int key = lua_gettop(L) - 1, value = key + 1;
    lua_Integer index = 0;
    do {
        if (!lua_isinteger(L, key) || lua_tointeger(L, key) != ++index) return false;
        if (!count_entry(packer, head, (uint64_t)index) || !has_space(packer, longest_head)) return false;
        if (lua_isinteger(L, value)) packer->next = put_integer(packer->next, lua_tointeger(L, value));
        else if (!pack_value(L, value, packer, depth)) return false;
        lua_settop(L, key);
    } while (lua_next(L, table));
    put_head(head, 0x90, 0xdc, (uint64_t)index);
    return true;
}

/* Stack: …, first key, its value → anything */
static bool pack_pairs(lua_State *L, int table, pmap_packer *packer, int depth) {
    unsigned char *head = packer->next++;
    int key = lua_gettop(L) - 1, value = key + 1;
    uint64_t entries = 0, largest = 0; /* 0 when a key is no index of a list */
    bool has_indices = false;
    do {
        int type = lua_type(L, key);
        if (type == LUA_TTABLE || type == LUA_TLIGHTUSERDATA) return false;
        lua_Integer index = lua_isinteger(L, key) ? lua_tointeger(L, key) : 0;
        if (index > 0) has_indices = true;
        if (index <= 0 || (entries > 0 && largest == 0)) largest = 0;
        else if ((uint64_t)index > largest) largest = (uint64_t)index;
        if (!count_entry(packer, head, ++entries)) return false;
        if (!pack_value(L, key, packer, depth) || !pack_value(L, value, packer, depth)) return false;
        lua_settop(L, key);
    } while (lua_next(L, table));
    put_head(head, 0x80, 0xde, entries);
    if (largest == entries) return false; /* it is a list, whose indices come in another order */
    return !has_indices || lua_rawlen(L, table) == 0; /* else its length is sent too */
}

static bool pack_table(lua_State *L, int table, pmap_packer *packer, int depth) {
    if (depth == most_depth || !lua_checkstack(L, 4) || !has_space(packer, 1)) return false;
    uintptr_t identity = (uintptr_t)lua_topointer(L, table);
    if (is_named(packer, identity) || !is_new(packer, identity) || lua_getmetatable(L, table)) return false;
    int top = lua_gettop(L);
    bool is_packed = true;
    lua_pushnil(L);
    if (!lua_next(L, table)) *packer->next++ = 0x90;
    else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1) is_packed = pack_list(L, table, packer, depth + 1);
    else is_packed = pack_pairs(L, table, packer, depth + 1);
    lua_settop(L, top);
    return is_packed;
}

/* ---- Values ---- */

static bool pack_value(lua_State *L, int index, pmap_packer *packer, int depth) {
    int type = lua_type(L, index);
    if (type == LUA_TTABLE) return pack_table(L, index, packer, depth);
    if (!has_space(packer, longest_head)) return false;
    if (type == LUA_TNIL || (type == LUA_TLIGHTUSERDATA && depth > 0 && !lua_touserdata(L, index))) {
        *packer->next++ = 0xc0;
        return true;
    }
    unsigned char *next = put_scalar(L, index, type, packer->next, packer->end);
    if (next) packer->next = next;
    else packer->lacks_space = type == LUA_TSTRING && lua_rawlen(L, index) <= UINT32_MAX;
    return next != NULL;
}

static void begin_message(pmap_packer *packer) {
    if (packer->cells > most_kept_cells) {
        free(packer->seen);
        packer->seen = NULL;
        packer->cells = 0;
    }
    packer->message++;
    packer->tables = 0;
    packer->lacks_space = false;
}

bool pmap_pack(lua_State *L, int index, pmap_packer *packer) {
    unsigned char *start = packer->next, *next = put_scalar(L, index, lua_type(L, index), start, packer->end);
    if (next) {
        packer->next = next;
        return true;
    }
    int top = lua_gettop(L);
    begin_message(packer);
    if (pack_value(L, lua_absindex(L, index), packer, 0)) return true;
    packer->next = start;
    lua_settop(L, top);
    return false;
}

/* Stack: value, packer → whether it was packed */
static int pack_protected(lua_State *L) {
    lua_pushboolean(L, pmap_pack(L, 1, lua_touserdata(L, 2)));
    return 1;
}

bool pmap_pack_value(lua_State *L, int index, pmap_packer *packer) {
    unsigned char *start = packer->next;
    index = lua_absindex(L, index);
    packer->lacks_space = false;
    lua_pushcfunction(L, pack_protected);
    lua_pushvalue(L, index);
    lua_pushlightuserdata(L, packer);
    bool is_packed = lua_pcall(L, 2, 1, 0) == LUA_OK && lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (!is_packed) packer->next = start;
    return is_packed;
}

typedef struct {
    pmap_packer *packer;
    long long index, last;
} list_range;

/* Stack: list, range → */
static int pack_each_protected(lua_State *L) {
    list_range *range = lua_touserdata(L, 2);
    for (; range->index <= range->last; range->index++) {
        lua_rawgeti(L, 1, range->index);
        if (!pmap_pack(L, 3, range->packer)) break;
        lua_settop(L, 2);
    }
    return 0;
}

long long pmap_pack_each(lua_State *L, int list, long long index, long long last, pmap_packer *packer) {
    list_range range = {packer, index, last};
    list = lua_absindex(L, list);
    packer->lacks_space = false;
    lua_pushcfunction(L, pack_each_protected);
    lua_pushvalue(L, list);
    lua_pushlightuserdata(L, &range);
    unsigned char *start = packer->next;
    if (lua_pcall(L, 2, 0, 0) == LUA_OK) return range.index;
    lua_pop(L, 1);
    packer->next = start;
    return index;
}
