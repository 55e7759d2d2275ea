/* The ends of rows, by memchr for newline and quote. */
#include "row_end.h"

#include <string.h>

/* Goes to the end of a row's part without quotes that open a field; or to the byte after one that does. `newline` is the next
 * one, or `end`, unless it is before `at`: it is searched once for all fields of a line. */
static const char *pass_plain(
    const char *at, const char *end, char separator, pmap_row_place *place, const char **newline) {
    if (!*newline || *newline < at) *newline = memchr(at, '\n', (size_t)(end - at));
    if (!*newline) *newline = end;
    const char *limit = *newline, *quote = at;
    while ((quote = memchr(quote, '"', (size_t)(limit - quote)))) {
        if (quote > at && quote[-1] == separator) {
            *place = pmap_row_quoted;
            return quote + 1;
        }
        quote++;
    }
    if (limit < end) {
        *place = pmap_row_start;
        return limit + 1;
    }
    if (end > at && end[-1] == separator) *place = pmap_row_field;
    return NULL;
}

const char *pmap_row_end(const char *at, const char *end, char separator, pmap_row_place *place) {
    const char *newline = NULL;
    while (at && at < end) {
        switch (*place) {
        case pmap_row_start:
            *place = pmap_row_field;
            if ((unsigned char)*at == 0xEF) {
                *place = pmap_row_mark_1;
                at++;
            }
            break;
        case pmap_row_mark_1:
        case pmap_row_mark_2: {
            bool is_mark = (unsigned char)*at == (*place == pmap_row_mark_1 ? 0xBB : 0xBF);
            *place = !is_mark ? pmap_row_plain : *place == pmap_row_mark_1 ? pmap_row_mark_2 : pmap_row_field;
            if (is_mark) at++;
            break;
        }
        case pmap_row_field:
            *place = *at == '"' ? pmap_row_quoted : pmap_row_plain;
            if (*at == '"') at++;
            break;
        case pmap_row_plain:
            at = pass_plain(at, end, separator, place, &newline);
            if (at && *place == pmap_row_start) return at;
            break;
        case pmap_row_quoted:
            at = memchr(at, '"', (size_t)(end - at));
            if (at) {
                *place = pmap_row_quote;
                at++;
            }
            break;
        case pmap_row_quote:
            *place = *at == '"' ? pmap_row_quoted : pmap_row_plain;
            if (*at == '"') at++;
            break;
        }
    }
    return NULL;
}
