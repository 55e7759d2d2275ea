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

long long pmap_pack_scalars(lua_State *L, int list, long long place, long long last, unsigned char *room, size_t size,
                            size_t *written) {
    unsigned char *out = room, *end = room + size;
    int height = lua_gettop(L);
    for (; place <= last && end - out >= longest_head; place++) {
        int type = lua_rawgeti(L, list, place);
        if (type == LUA_TNUMBER && lua_isinteger(L, -1)) {
            out = put_integer(out, lua_tointeger(L, -1));
        } else if (type == LUA_TNUMBER) {
            lua_Number number = lua_tonumber(L, -1);
            uint64_t bits;
            memcpy(&bits, &number, sizeof bits);
            out = put(out, 0xcb, bits, 8);
        } else if (type == LUA_TSTRING) {
            size_t length;
            const char *text = lua_tolstring(L, -1, &length);
            if (length > (size_t)(end - out) - 5) break;
            out = put_string(out, text, length);
        } else if (type == LUA_TBOOLEAN) {
            *out++ = lua_toboolean(L, -1) ? 0xc3 : 0xc2;
        } else {
            break;
        }
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
