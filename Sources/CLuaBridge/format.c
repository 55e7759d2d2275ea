/* Formatting of integers and of floats with few digits. */
#include "format.h"

#include <math.h>
#include <stdint.h>

/* The digits of a number below 10^8, the first in the lowest byte: pairs, then single digits, are divided side by side
 * in one word. */
static uint64_t eight_digits(uint32_t value) {
    uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007f;
    uint64_t pairs = (fours - 100 * hundreds) << 16 | hundreds;
    uint64_t tens = (pairs * 103 >> 10) & 0x000f000f000f000f;
    return (pairs - 10 * tens) << 8 | tens;
}

static const uint64_t zeros = 0x3030303030303030;

static void put_digits(pmap_cursor *cursor, uint64_t value) {
    const uint64_t group = 100000000;
    if (value < group) {
        uint64_t digits = eight_digits((uint32_t)value);
        int leading = value ? __builtin_ctzll(digits) / 8 : 7;
        digits = (digits | zeros) >> 8 * leading;
        memcpy(cursor->next, &digits, 8);
        cursor->next += 8 - leading;
        return;
    }
    put_digits(cursor, value / group);
    uint64_t digits = eight_digits((uint32_t)(value % group)) | zeros;
    pmap_put(cursor, &digits, 8);
}

void pmap_put_integer(pmap_cursor *cursor, long long value) {
    if (value < 0) *cursor->next++ = '-';
    put_digits(cursor, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
enum { most_places = sizeof powers / sizeof *powers - 1 };

/* Whole numbers below 2^53 and powers of ten are exact, so the quotient is the float that the decimal is read as; and
 * of decimals with at most 15 digits no two are read as the same float, so there is no shorter one. */
bool pmap_put_short_float(pmap_cursor *cursor, double value) {
    double magnitude = fabs(value);
    if (!(magnitude >= 1e-3 && magnitude < 1e14)) return false;
    for (int places = 0; places <= most_places; places++) {
        double scaled = magnitude * powers[places];
        if (scaled >= 1e14) return false;
        uint64_t digits = (uint64_t)(scaled + 0.5);
        if (fabs(scaled - (double)digits) > scaled * 1e-15 || (double)digits / powers[places] != magnitude) continue;
        uint64_t unit = (uint64_t)powers[places], whole = digits / unit;
        if (value < 0) *cursor->next++ = '-';
        put_digits(cursor, whole);
        if (places == 0) {
            pmap_put(cursor, ".0", 2);
        } else {
            char *point = cursor->next; /* in front of the fraction stands a 1, so that its zeros are written */
            put_digits(cursor, digits - whole * unit + unit);
            *point = '.';
        }
        return true;
    }
    return false;
}
