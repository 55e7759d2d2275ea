/* Numbers, strings and booleans to and from MessagePack; the shortest form, as in ByteBuffer+MessagePack.swift. */
#ifndef PMAP_MESSAGEPACK_H
#define PMAP_MESSAGEPACK_H

#include <stdint.h>
#include <string.h>

#include "bridge.h"

/* `size` is a constant wherever this is called. */
static inline unsigned char *put(unsigned char *out, unsigned char tag, uint64_t value, int size) {
    value = __builtin_bswap64(value) >> (64 - 8 * size);
    *out = tag;
    memcpy(out + 1, &value, (size_t)size);
    return out + 1 + size;
}

/* At most nine bytes. */
static inline unsigned char *put_integer(unsigned char *out, int64_t value) {
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

static inline unsigned char *put_string(unsigned char *out, const char *text, size_t length) {
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

/* Writes the value at `index`, if it is a scalar and fits; returns the end of it, or NULL. */
static inline unsigned char *put_scalar(lua_State *L, int index, int type, unsigned char *out,
                                        const unsigned char *end) {
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
        return length > (size_t)(end - out) - 5 || length > UINT32_MAX ? NULL : put_string(out, text, length);
    }
    case LUA_TBOOLEAN: *out = lua_toboolean(L, index) ? 0xc3 : 0xc2; return out + 1;
    default: return NULL;
    }
}

static inline uint64_t big_endian(const unsigned char *bytes, int size) {
    uint64_t value = 0;
    memcpy(&value, bytes, (size_t)size);
    return __builtin_bswap64(value) >> (64 - 8 * size);
}

/* Stack: → the scalar that begins at `bytes`. Returns its length; or 0, with nothing pushed, when it is no scalar or not
 * complete. */
static inline size_t push_scalar(lua_State *L, const unsigned char *bytes, size_t size) {
    unsigned char tag = bytes[0];
    if (tag < 0x80 || tag >= 0xe0) return lua_pushinteger(L, (int8_t)tag), 1;
    size_t head, length;
#define need(count) do { if (size < (count)) return 0; } while (0)
#define tail(type) ((type)big_endian(bytes + 1, sizeof(type)))
    switch (tag) {
    case 0xc2: case 0xc3: return lua_pushboolean(L, tag == 0xc3), 1;
    case 0xcc: need(2); return lua_pushinteger(L, tail(uint8_t)), 2;
    case 0xcd: need(3); return lua_pushinteger(L, tail(uint16_t)), 3;
    case 0xce: need(5); return lua_pushinteger(L, tail(uint32_t)), 5;
    case 0xcf: need(9); if (tail(uint64_t) > INT64_MAX) return 0; /* fall through */
    case 0xd3: need(9); return lua_pushinteger(L, tail(int64_t)), 9;
    case 0xd0: need(2); return lua_pushinteger(L, tail(int8_t)), 2;
    case 0xd1: need(3); return lua_pushinteger(L, tail(int16_t)), 3;
    case 0xd2: need(5); return lua_pushinteger(L, tail(int32_t)), 5;
    case 0xcb: {
        need(9);
        uint64_t bits = tail(uint64_t);
        lua_Number number;
        memcpy(&number, &bits, sizeof number);
        return lua_pushnumber(L, number), 9;
    }
    case 0xd9: need(2); head = 2, length = tail(uint8_t); break;
    case 0xda: need(3); head = 3, length = tail(uint16_t); break;
    case 0xdb: need(5); head = 5, length = tail(uint32_t); break;
    default:
        if ((tag & 0xe0) != 0xa0) return 0;
        head = 1, length = tag & 31;
    }
#undef need
#undef tail
    if (size - head < length) return 0;
    lua_pushlstring(L, (const char *)bytes + head, length);
    return head + length;
}

#endif
