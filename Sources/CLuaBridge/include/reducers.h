/* The ready reducers of numbers, one alone or several side by side: what their functions in reducers.lua do, done in C.
 *
 * What a reducer has come to is its state: one number or more, and in Lua and MessagePack a list when it is more. Several
 * reducers have the list of their states.
 *
 *     count, sum, min, max   one number
 *     mean                   how many, their sum
 *     variance               how many, their mean, the sum of squared distances from it
 *
 * A number alone in place of the state of a mean or a variance, or of the list of several reducers' states, is what one item
 * has. */
#ifndef PMAP_REDUCERS_H
#define PMAP_REDUCERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge.h"
#include "messagepack.h"

typedef enum {
    PMAP_REDUCER_COUNT,
    PMAP_REDUCER_SUM,
    PMAP_REDUCER_MIN,
    PMAP_REDUCER_MAX,
    PMAP_REDUCER_MEAN,
    PMAP_REDUCER_VARIANCE
} pmap_reducer;

enum { pmap_most_reducers = 64, pmap_most_states_bytes = 3 + pmap_most_reducers * (1 + 3 * 9) };

typedef struct {
    bool is_float;
    union { int64_t integer; double number; };
} pmap_number;

typedef struct {
    int count;
    int width; /* numbers of all their states */
    pmap_reducer kinds[pmap_most_reducers];
} pmap_reducers;

/* There is room for one more. */
void pmap_add_reducer(pmap_reducers *reducers, pmap_reducer kind);

/* The number that begins at `bytes`; returns its length, or 0 when it is none. */
static inline size_t pmap_read_number(const unsigned char *bytes, size_t size, pmap_number *number) {
    static const unsigned char sizes[] = {[0xcc - 0xcb] = 1, 2, 4, 8, 1, 2, 4, 8};
    if (size == 0) return 0;
    unsigned char tag = bytes[0];
    *number = (pmap_number){.integer = (int8_t)tag};
    if (tag < 0x80 || tag >= 0xe0) return 1;
    if (tag < 0xcb || tag > 0xd3) return 0;
    size_t length = tag == 0xcb ? 8 : sizes[tag - 0xcb];
    if (size <= length) return 0;
    uint64_t word = big_endian(bytes + 1, (int)length);
    if (tag == 0xcb) {
        number->is_float = true;
        memcpy(&number->number, &word, sizeof word);
    } else if (tag < 0xd0) {
        if (word > INT64_MAX) return 0;
        number->integer = (int64_t)word;
    } else {
        int unused = 64 - 8 * (int)length;
        number->integer = (int64_t)(word << unused) >> unused;
    }
    return length + 1;
}

/* Writes a number, at most nine bytes; returns its end. */
unsigned char *pmap_put_number(unsigned char *out, pmap_number number);
/* Writes the head of a list of so many values, at most three bytes; returns its end. */
unsigned char *pmap_put_list(unsigned char *out, int count);

/* Reads states from MessagePack; false when `bytes` are none. */
bool pmap_read_states(const pmap_reducers *reducers, const unsigned char *bytes, size_t size, pmap_number *states);
/* Writes them; returns the end, at most pmap_most_states_bytes behind `out`. */
unsigned char *pmap_put_states(const pmap_reducers *reducers, const pmap_number *states, unsigned char *out);

/* Stack: what one item has, as the reducer's `lift` has made it → */
void pmap_take_states(lua_State *L, const pmap_reducers *reducers, pmap_number *states);
/* Stack: → states */
void pmap_push_states(lua_State *L, const pmap_reducers *reducers, const pmap_number *states);

/* Joins the states on the right into those on the left; raises an error where a sum of integers is outside 64 bits. */
void pmap_join_states(lua_State *L, const pmap_reducers *reducers, pmap_number *left, const pmap_number *right);

#endif
