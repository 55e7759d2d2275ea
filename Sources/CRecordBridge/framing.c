/* The ends of items: of records of every kind, and of batches of them. */
#include "framing.h"

#include <string.h>

static const char *record_end(const pmap_framing *framing, pmap_item_search *search, const char *at, const char *end) {
    size_t done = search->bytes - search->record_start;
    const char *newline;
    switch (framing->kind) {
    case pmap_framing_rows: return pmap_row_end(at, end, framing->byte, &search->place);
    case pmap_framing_values: return pmap_value_end(at, end, &search->value, &search->is_broken);
    case pmap_framing_blocks:
        if (framing->block > done + 1) {
            size_t least = framing->block - done - 1;
            if ((size_t)(end - at) <= least) return NULL;
            at += least;
        }
        newline = memchr(at, '\n', (size_t)(end - at));
        return newline ? newline + 1 : NULL;
    default:
        newline = memchr(at, framing->byte, (size_t)(end - at));
        return newline ? newline + 1 : NULL;
    }
}

const char *pmap_item_end(const pmap_framing *framing, pmap_item_search *search, const char *at, const char *end) {
    while (at < end) {
        const char *next = record_end(framing, search, at, end);
        search->bytes += (size_t)((next ? next : end) - at);
        if (!next) return NULL;
        at = next;
        search->record_start = search->bytes;
        if (++search->records >= framing->batch || search->is_broken) return at;
    }
    return NULL;
}

bool pmap_is_in_quotes(const pmap_framing *framing, const pmap_item_search *search) {
    return framing->kind == pmap_framing_rows && search->place == pmap_row_quoted;
}

bool pmap_close_row(pmap_framing *framing, pmap_item_search *search, size_t bytes) {
    framing->kind = pmap_framing_ended;
    framing->byte = '\n';
    search->place = pmap_row_start;
    search->bytes = search->record_start = bytes;
    return ++search->records >= framing->batch;
}

const char *pmap_item_end_before(pmap_framing *framing, const char *start, const char *end) {
    pmap_item_search search = {0};
    const char *at = start;
    while (at < end) {
        const char *next = pmap_item_end(framing, &search, at, end);
        if (next) return next;
        if (!pmap_is_in_quotes(framing, &search)) return end;
        const char *row = start + search.record_start;
        const char *newline = memchr(row, '\n', (size_t)(end - row));
        at = newline ? newline + 1 : end;
        if (pmap_close_row(framing, &search, (size_t)(at - start))) return at;
    }
    return end;
}

size_t pmap_record_length(const pmap_framing *framing, const char *start, const char *end) {
    size_t length = (size_t)(end - start);
    if (!length || framing->batch > 1 || framing->kind == pmap_framing_blocks || framing->kind == pmap_framing_values)
        return length;
    char terminator = framing->kind == pmap_framing_rows ? '\n' : framing->byte;
    return length - (end[-1] == terminator);
}
