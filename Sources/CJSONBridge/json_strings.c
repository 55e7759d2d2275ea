/* Strings between JSON's quotes. */
#include "json_strings.h"

#include "json_bridge.h"
#include <words.h>

static const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;

/* Not 0 when there is a control character, a quote, a backslash or a byte from 0x80 among the eight. */
static uint64_t odd_bytes(uint64_t word) {
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return ((word - ones * 0x20) | (quote - ones) | (backslash - ones) | word) & tops;
}

/* The same without the bytes from 0x80. */
static uint64_t bytes_to_escape(uint64_t word) {
    uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';
    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash)) & tops;
}

bool pmap_json_copy_plain(char *to, const char *text, size_t length) {
    uint64_t word;
    if (length < 8) {
        word = pmap_short_word(text, length);
        memcpy(to, &word, 8);
        return !odd_bytes(word | ones * ' ' << 8 * length);
    }
    for (size_t at = 0; at < length; at += 8) {
        if (at > length - 8) at = length - 8;
        word = pmap_load64(text + at);
        if (odd_bytes(word)) return false;
        memcpy(to + at, &word, 8);
    }
    return true;
}

static void put_escape(pmap_cursor *cursor, unsigned char byte) {
    static const char letters[] = "btn\0fr", digits[] = "0123456789abcdef";
    char letter = byte == '"' || byte == '\\' ? (char)byte : byte >= 8 && byte <= 13 ? letters[byte - 8] : 0;
    *cursor->next++ = '\\';
    if (letter) {
        *cursor->next++ = letter;
    } else {
        pmap_put(cursor, "u00", 3);
        *cursor->next++ = digits[byte >> 4];
        *cursor->next++ = digits[byte & 15];
    }
}

static bool write_with_escapes(pmap_cursor *cursor, const char *text, size_t length) {
    if (!pmap_has_space(cursor, 6 * length + 2) || !pmap_json_is_utf8(text, length)) return false;
    *cursor->next++ = '"';
    for (size_t at = 0; at < length; at++) {
        while (length - at >= 8 && !bytes_to_escape(pmap_load64(text + at))) {
            pmap_put(cursor, text + at, 8);
            at += 8;
        }
        if (at == length) break;
        unsigned char byte = (unsigned char)text[at];
        if (byte < 0x20 || byte == '"' || byte == '\\') put_escape(cursor, byte);
        else *cursor->next++ = (char)byte;
    }
    *cursor->next++ = '"';
    return true;
}

bool pmap_json_put_string(pmap_cursor *cursor, const char *text, size_t length) {
    if (!pmap_has_space(cursor, length + 10)) return false;
    if (!pmap_json_copy_plain(cursor->next + 1, text, length)) return write_with_escapes(cursor, text, length);
    *cursor->next = '"';
    cursor->next += length + 2;
    cursor->next[-1] = '"';
    return true;
}
