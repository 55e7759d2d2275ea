/* Values of MessagePack → Lua's stack. No count is believed before there are as many bytes. */
#include "msgpack_reader.h"

#include <inttypes.h>
#include <key_cache.h>
#include <messagepack.h>
#include <stdio.h>
#include <stdlib.h>

enum { preallocated = 1 << 22 };

struct pmap_msgpack_reader {
    pmap_table_tags tags;
    pmap_msgpack_big_integers big_integers;
    pmap_msgpack_status status;
    uint64_t detail;
    pmap_key_cache cache;
    size_t steps; /* from the inside */
    pmap_msgpack_step *path; /* made with the first that is refused */
};

pmap_msgpack_reader *pmap_msgpack_create_reader(pmap_table_tags tags, pmap_msgpack_big_integers big_integers) {
    pmap_msgpack_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->tags = tags;
    reader->big_integers = big_integers;
    return reader;
}

void pmap_msgpack_destroy_reader(pmap_msgpack_reader *reader) {
    free(reader->path);
    free(reader);
}

uint64_t pmap_msgpack_detail(const pmap_msgpack_reader *reader) { return reader->detail; }
size_t pmap_msgpack_steps(const pmap_msgpack_reader *reader) { return reader->steps; }

pmap_msgpack_step pmap_msgpack_path_step(const pmap_msgpack_reader *reader, size_t index) {
    return reader->path[reader->steps - 1 - index];
}

/* What is left of a record. */
typedef struct {
    lua_State *L;
    pmap_msgpack_reader *reader;
    const unsigned char *at, *end;
    uint64_t awaited; /* values that are still to come, at least a byte each */
    int strings;      /* of the cache, on the stack */
} walk;

static bool refuse(walk *w, pmap_msgpack_status status, uint64_t detail) {
    w->reader->status = status;
    w->reader->detail = detail;
    return false;
}

static bool has(walk *w, uint64_t size) {
    return size <= (uint64_t)(w->end - w->at) || refuse(w, pmap_msgpack_cut, 0);
}

/* A big-endian number of so many bytes. */
static bool take(walk *w, int size, uint64_t *number) {
    if (!has(w, (uint64_t)size)) return false;
    *number = big_endian(w->at, size);
    w->at += size;
    return true;
}

/* ---- Scalars ---- */

static bool push_string(walk *w, int count_size) {
    uint64_t count;
    if (!take(w, count_size, &count) || !has(w, count)) return false;
    lua_pushlstring(w->L, (const char *)w->at, (size_t)count);
    w->at += count;
    return true;
}

static bool push_unsigned(walk *w) {
    uint64_t number;
    if (!take(w, 8, &number)) return false;
    char digits[24];
    if (number <= INT64_MAX) {
        lua_pushinteger(w->L, (lua_Integer)number);
        return true;
    }
    switch (w->reader->big_integers) {
    case pmap_msgpack_as_float: lua_pushnumber(w->L, (lua_Number)number); return true;
    case pmap_msgpack_as_string:
        lua_pushlstring(w->L, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
        return true;
    default: return refuse(w, pmap_msgpack_big_integer, number);
    }
}

static bool push_short_float(walk *w) {
    uint64_t number;
    if (!take(w, 4, &number)) return false;
    uint32_t bits = (uint32_t)number;
    float value;
    memcpy(&value, &bits, sizeof value);
    lua_pushnumber(w->L, (lua_Number)value);
    return true;
}

/* Seconds since 1970, with a fraction where it has one. */
static bool push_timestamp(walk *w, uint64_t size) {
    uint64_t number = 0, nanoseconds = 0;
    if (!has(w, size)) return false;
    switch (size) {
    case 4: take(w, 4, &number); break;
    case 8:
        take(w, 8, &number);
        nanoseconds = number >> 34;
        number &= 0x3ffffffff;
        break;
    case 12:
        take(w, 4, &nanoseconds);
        take(w, 8, &number);
        break;
    default: return refuse(w, pmap_msgpack_timestamp, 0);
    }
    if (nanoseconds > 999999999) return refuse(w, pmap_msgpack_timestamp, 0);
    if (nanoseconds) lua_pushnumber(w->L, (lua_Number)(int64_t)number + (lua_Number)nanoseconds / 1e9);
    else lua_pushinteger(w->L, (lua_Integer)number);
    return true;
}

static bool push_extension(walk *w, uint64_t size) {
    uint64_t type;
    if (!take(w, 1, &type)) return false;
    if ((int8_t)type != -1) return refuse(w, pmap_msgpack_extension, (uint64_t)(int64_t)(int8_t)type);
    return push_timestamp(w, size);
}

static bool push_sized_extension(walk *w, int count_size) {
    uint64_t count;
    return take(w, count_size, &count) && push_extension(w, count);
}

/* ---- Arrays and maps ---- */

static bool push_value(walk *w, int depth);

static bool fail_at(walk *w, pmap_msgpack_step step) {
    pmap_msgpack_reader *reader = w->reader;
    if (!reader->path) reader->path = calloc(pmap_msgpack_max_depth, sizeof step);
    if (reader->path) reader->path[reader->steps++] = step;
    return false;
}

static bool expect(walk *w, uint64_t values) {
    if (!has(w, values + w->awaited)) return false;
    w->awaited += values;
    return true;
}

static bool push_array(walk *w, uint64_t count, int depth) {
    lua_State *L = w->L;
    if (depth == pmap_msgpack_max_depth || !lua_checkstack(L, 6)) return refuse(w, pmap_msgpack_depth, 0);
    if (!expect(w, count)) return false;
    lua_createtable(L, (int)(count < preallocated ? count : preallocated), 0);
    pmap_set_tag(L, w->reader->tags.array);
    for (uint64_t index = 1; index <= count; index++) {
        w->awaited--;
        if (!push_value(w, depth + 1))
            return fail_at(w, (pmap_msgpack_step){.is_integer = true, .integer = (int64_t)index});
        lua_rawseti(L, -2, (lua_Integer)index);
    }
    return true;
}

/* The step to the value of the key at the index `key`, whose bytes are from `start` to `end`. */
static pmap_msgpack_step step_of_key(lua_State *L, int key, const unsigned char *start, const unsigned char *end) {
    pmap_msgpack_step step = {0};
    if (lua_isinteger(L, key)) {
        step.is_integer = true;
        step.integer = lua_tointeger(L, key);
    } else if (lua_type(L, key) == LUA_TSTRING && lua_rawlen(L, key) < (size_t)(end - start)) {
        step.length = lua_rawlen(L, key); /* no integer that became a longer string */
        step.name = (const char *)end - step.length;
    }
    return step;
}

/* Stack: → key; false, and nothing pushed, when it is no short text. */
static bool push_short_text(walk *w) {
    if (w->at == w->end || (*w->at & 0xe0) != 0xa0) return false;
    uint32_t length = *w->at & 31;
    if (length >= (uint64_t)(w->end - w->at)) return false;
    pmap_push_key(w->L, &w->reader->cache, w->strings, (const char *)w->at + 1, length);
    w->at += 1 + length;
    return true;
}

/* Stack: → key */
static bool push_key(walk *w, int depth) {
    lua_State *L = w->L;
    w->awaited--;
    if (push_short_text(w)) return true;
    if (!push_value(w, depth)) return false;
    int type = lua_type(L, -1);
    if (type == LUA_TLIGHTUSERDATA) return refuse(w, pmap_msgpack_nil_key, 0);
    if (type == LUA_TNUMBER && !lua_rawequal(L, -1, -1)) return refuse(w, pmap_msgpack_nan_key, 0);
    return true;
}

static bool push_map(walk *w, uint64_t count, int depth) {
    lua_State *L = w->L;
    if (depth == pmap_msgpack_max_depth || !lua_checkstack(L, 6)) return refuse(w, pmap_msgpack_depth, 0);
    if (!expect(w, 2 * count)) return false;
    lua_createtable(L, 0, (int)(count < preallocated / 2 ? count : preallocated / 2));
    int table = lua_gettop(L);
    pmap_set_tag(L, w->reader->tags.object);
    for (uint64_t pair = 0; pair < count; pair++) {
        const unsigned char *key = w->at;
        if (!push_key(w, depth + 1)) return false;
        const unsigned char *key_end = w->at;
        w->awaited--;
        if (!push_value(w, depth + 1)) return fail_at(w, step_of_key(L, table + 1, key, key_end));
        lua_rawset(L, table);
    }
    return true;
}

static bool push_sized_array(walk *w, int count_size, int depth) {
    uint64_t count;
    return take(w, count_size, &count) && push_array(w, count, depth);
}

static bool push_sized_map(walk *w, int count_size, int depth) {
    uint64_t count;
    return take(w, count_size, &count) && push_map(w, count, depth);
}

/* Stack: → value, or → anything, and false */
static bool push_value(walk *w, int depth) {
    lua_State *L = w->L;
    if (!has(w, 1)) return false;
    size_t length = push_scalar(L, w->at, (size_t)(w->end - w->at)); /* mostly */
    w->at += length;
    if (length) return true;
    unsigned char tag = *w->at++;
    if (tag >= 0x80 && tag < 0x90) return push_map(w, tag & 15, depth);
    if (tag >= 0x90 && tag < 0xa0) return push_array(w, tag & 15, depth);
    switch (tag) {
    case 0xc0: lua_pushlightuserdata(L, NULL); return true;
    case 0xc1: return refuse(w, pmap_msgpack_no_value, tag);
    case 0xc4: case 0xd9: return push_string(w, 1);
    case 0xc5: case 0xda: return push_string(w, 2);
    case 0xc6: case 0xdb: return push_string(w, 4);
    case 0xc7: return push_sized_extension(w, 1);
    case 0xc8: return push_sized_extension(w, 2);
    case 0xc9: return push_sized_extension(w, 4);
    case 0xca: return push_short_float(w);
    case 0xcf: return push_unsigned(w);
    case 0xd4: case 0xd5: case 0xd6: case 0xd7: case 0xd8: return push_extension(w, (uint64_t)1 << (tag - 0xd4));
    case 0xdc: return push_sized_array(w, 2, depth);
    case 0xdd: return push_sized_array(w, 4, depth);
    case 0xde: return push_sized_map(w, 2, depth);
    case 0xdf: return push_sized_map(w, 4, depth);
    default: return refuse(w, pmap_msgpack_cut, 0); /* a scalar, which lacks bytes */
    }
}

pmap_msgpack_status pmap_msgpack_push(lua_State *L, pmap_msgpack_reader *reader, const char *record, size_t length) {
    const unsigned char *start = (const unsigned char *)record;
    reader->status = pmap_msgpack_ok;
    reader->steps = 0;
    pmap_push_cached_keys(L, &reader->cache);
    walk w = {L, reader, start, start + length, 0, lua_gettop(L)};
    if (push_value(&w, 0)) lua_replace(L, w.strings);
    return reader->status;
}

bool pmap_msgpack_push_item(lua_State *L, pmap_item_loop *loop) {
    return pmap_msgpack_push(L, loop->reader, loop->record, loop->length) == pmap_msgpack_ok;
}
