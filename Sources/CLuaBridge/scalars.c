#include "scalars.h"

#include <stdint.h>
#include <string.h>

static unsigned char *put(unsigned char *out, unsigned char tag, uint64_t value, int size) {
    *out++ = tag;
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) *out++ = (unsigned char)(value >> shift);
    return out;
}

/* The shortest form, as in WireBuffer+MessagePack.swift; at most nine bytes. */
static unsigned char *put_integer(unsigned char *out, int64_t value) {
    if (value >= 0) {
        if (value < 128) return *out = (unsigned char)value, out + 1;
        if (value <= UINT8_MAX) return put(out, 0xcc, (uint64_t)value, 1);
        if (value <= UINT16_MAX) return put(out, 0xcd, (uint64_t)value, 2);
        if (value <= UINT32_MAX) return put(out, 0xce, (uint64_t)value, 4);
        return put(out, 0xcf, (uint64_t)value, 8);
    }
    if (value >= -32) return *out = (unsigned char)value, out + 1;
    if (value >= INT8_MIN) return put(out, 0xd0, (uint64_t)value, 1);
    if (value >= INT16_MIN) return put(out, 0xd1, (uint64_t)value, 2);
    if (value >= INT32_MIN) return put(out, 0xd2, (uint64_t)value, 4);
    return put(out, 0xd3, (uint64_t)value, 8);
}

static unsigned char *put_string(unsigned char *out, const char *text, size_t length) {
    if (length < 32) {
        *out++ = (unsigned char)(0xa0 | length);
    } else if (length <= UINT8_MAX) {
        out = put(out, 0xd9, length, 1);
    } else if (length <= UINT16_MAX) {
        out = put(out, 0xda, length, 2);
    } else {
        out = put(out, 0xdb, length, 4);
    }
    memcpy(out, text, length);
    return out + length;
}

enum { longest_head = 9 };

/* The value at `index`, if it is one of ours and fits; the place behind it, or NULL. */
static unsigned char *pack(lua_State *L, int index, int type, unsigned char *out, const unsigned char *end) {
    if (end - out < longest_head) return NULL;
    switch (type) {
    case LUA_TNUMBER: {
        if (lua_isinteger(L, index)) return put_integer(out, lua_tointeger(L, index));
        lua_Number number = lua_tonumber(L, index);
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        return put(out, 0xcb, bits, 8);
    }
    case LUA_TSTRING: {
        size_t length;
        const char *text = lua_tolstring(L, index, &length);
        return length > (size_t)(end - out) - 5 ? NULL : put_string(out, text, length);
    }
    case LUA_TBOOLEAN: *out = lua_toboolean(L, index) ? 0xc3 : 0xc2; return out + 1;
    default: return NULL;
    }
}

long long pmap_pack_scalars(lua_State *L, int list, long long place, long long last, unsigned char *room, size_t size,
                            size_t *written) {
    unsigned char *out = room;
    int height = lua_gettop(L);
    for (; place <= last; place++) {
        int type = lua_rawgeti(L, list, place);
        unsigned char *next = pack(L, -1, type, out, room + size);
        if (!next) break;
        out = next;
        lua_settop(L, height);
    }
    lua_settop(L, height);
    *written = (size_t)(out - room);
    return place;
}

static uint64_t big_endian(const unsigned char *bytes, int size) {
    uint64_t value = 0;
    for (int each = 0; each < size; each++) value = value << 8 | bytes[each];
    return value;
}

/* Stack: → the value that begins at `bytes`; how long it is, or 0 and nothing pushed when it is something else, or not
 * all there. */
static size_t push_scalar(lua_State *L, const unsigned char *bytes, size_t size) {
    unsigned char tag = bytes[0];
    if (tag < 0x80) return lua_pushinteger(L, tag), 1;
    if (tag >= 0xe0) return lua_pushinteger(L, (int8_t)tag), 1;
    size_t head = 1, length = 0;
    if (tag >= 0xa0 && tag <= 0xbf) {
        length = tag & 31;
    } else {
        switch (tag) {
        case 0xc2: case 0xc3: return lua_pushboolean(L, tag == 0xc3), 1;
        case 0xcc: case 0xd0: case 0xd9: head = 2; break;
        case 0xcd: case 0xd1: case 0xda: head = 3; break;
        case 0xce: case 0xd2: case 0xdb: head = 5; break;
        case 0xcb: case 0xcf: case 0xd3: head = 9; break;
        default: return 0;
        }
        if (size < head) return 0;
        uint64_t value = big_endian(bytes + 1, (int)head - 1);
        switch (tag) {
        case 0xcf: if (value > INT64_MAX) return 0; /* fall through */
        case 0xcc: case 0xcd: case 0xce: case 0xd3: return lua_pushinteger(L, (lua_Integer)value), head;
        case 0xd0: return lua_pushinteger(L, (int8_t)value), head;
        case 0xd1: return lua_pushinteger(L, (int16_t)value), head;
        case 0xd2: return lua_pushinteger(L, (int32_t)value), head;
        case 0xcb: {
            lua_Number number;
            memcpy(&number, &value, sizeof number);
            return lua_pushnumber(L, number), head;
        }
        default: length = value;
        }
    }
    if (size - head < length) return 0;
    lua_pushlstring(L, (const char *)bytes + head, length);
    return head + length;
}

long long pmap_unpack_scalars(lua_State *L, int list, long long place, long long last, const unsigned char *bytes,
                              size_t size, size_t *read) {
    size_t used = 0;
    for (; place <= last && used < size; place++) {
        size_t length = push_scalar(L, bytes + used, size - used);
        if (!length) break;
        lua_rawseti(L, list, place);
        used += length;
    }
    *read = used;
    return place;
}

/* Stack: function, run → (nothing), or → the answer that is something else */
static int run_scalars(lua_State *L) {
    pmap_scalar_run *run = lua_touserdata(L, 2);
    for (; run->place <= run->last && run->next < run->end; run->place++) {
        lua_settop(L, 2);
        lua_pushvalue(L, 1);
        size_t length = push_scalar(L, run->next, (size_t)(run->end - run->next));
        if (!length) break;
        run->next += length;
        run->is_called = true;
        __atomic_store_n(run->begun, (uint64_t)(run->place - run->task_first + 1), __ATOMIC_RELEASE);
        lua_call(L, 1, 1);
        int type = lua_type(L, -1);
        unsigned char *out = run->output + run->used;
        out = type == LUA_TNIL && run->used < run->capacity ? (*out = 0xc0, out + 1)
                                                            : pack(L, -1, type, out, run->output + run->capacity);
        if (!out) return 1;
        run->used = (size_t)(out - run->output);
        run->is_called = false;
        __atomic_store_n(run->bytes, run->used, __ATOMIC_RELEASE);
        __atomic_store_n(run->count, (uint64_t)(run->place - run->results_first + 1), __ATOMIC_RELEASE);
    }
    return 0;
}

int pmap_run_scalars(lua_State *L, int function, int handler, pmap_scalar_run *run) {
    lua_pushcfunction(L, run_scalars);
    lua_pushvalue(L, function);
    lua_pushlightuserdata(L, run);
    return pmap_call_handled(L, 2, LUA_MULTRET, handler);
}
