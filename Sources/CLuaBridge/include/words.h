/* Short texts as words, read into registers without a copy in memory, for which a processor would wait. */
#ifndef PMAP_WORDS_H
#define PMAP_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t pmap_load64(const char *text) {
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

static inline uint64_t pmap_load32(const char *text) {
    uint32_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

/* At most eight bytes, the first in the lowest byte, zeros behind them. */
static inline uint64_t pmap_short_word(const char *text, size_t length) {
    if (length >= 8) return pmap_load64(text);
    if (length >= 4) return pmap_load32(text) | pmap_load32(text + length - 4) << 8 * (length - 4);
    if (length == 0) return 0;
    uint64_t first = (uint8_t)text[0], middle = (uint8_t)text[length / 2], last = (uint8_t)text[length - 1];
    return first | middle << 8 * (length / 2) | last << 8 * (length - 1);
}

/* Bytes 8 to 15 of at most sixteen, in the same way. */
static inline uint64_t pmap_second_word(const char *text, size_t length) {
    return length <= 8 ? 0 : pmap_load64(text + length - 8) >> 8 * (16 - length);
}

#endif
