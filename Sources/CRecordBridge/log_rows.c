/* Rows of a job log. What is mostly as in the row before is made once. */
#include "log_rows.h"

#include <stdbool.h>
#include <string.h>

enum {
    fraction_digits = 6,
    longest_number = 20,
    longest_time = longest_number + 1 + fraction_digits,
    most_numbers = 6 * longest_time /* of a row, with what stands around them */
};

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

static char *put_digits(char *out, uint64_t value, int digits) {
    int place = digits;
    for (; place >= 2; value /= 100) memcpy(out + (place -= 2), pairs + 2 * (value % 100), 2);
    if (place) *out = (char)('0' + value);
    return out + digits;
}

static char *put_number(char *out, uint64_t value) {
    if (value < 10) {
        *out = (char)('0' + value);
        return out + 1;
    }
    int digits = 1;
    uint64_t rest = value;
    for (; rest >= 10000; rest /= 10000) digits += 4;
    digits += (rest >= 10) + (rest >= 100) + (rest >= 1000);
    return put_digits(out, value, digits);
}

static char *put_text(char *out, const char *text, size_t size) {
    memcpy(out, text, size);
    return out + size;
}

/* Seconds, with six digits behind the point. */
static char *put_time(char *out, uint64_t microseconds) {
    out = put_number(out, microseconds / 1000000);
    *out++ = '.';
    return put_digits(out, microseconds % 1000000, fraction_digits);
}

/* Copies printable ASCII without a backslash, which has no escape. */
static bool copy_plain(char *out, const char *text, size_t size) {
    unsigned char others = 0;
    for (size_t at = 0; at < size; at++) {
        unsigned char byte = (unsigned char)text[at];
        others |= (unsigned char)(byte - 0x20) >= 0x5F || byte == '\\';
        out[at] = (char)byte;
    }
    return !others;
}

size_t pmap_write_log_rows(pmap_log_rows *rows, char *out, size_t space) {
    char *at = out, *limit = out + space;
    char start_text[longest_time] = {0}, runtime_text[longest_time] = {0};
    size_t start_size = 0, runtime_size = 0;
    int64_t start = -1, runtime = -1;
    const char *between = rows->texts + rows->before, *after = between + rows->between;
    size_t others = most_numbers + rows->before + rows->between + rows->after;
    for (; rows->count && rows->next < rows->end; rows->count--) {
        const char *record = rows->next;
        const char *stop = memchr(record, rows->terminator, (size_t)(rows->end - record));
        size_t length = (size_t)((stop ? stop : rows->end) - record);
        if (length > rows->most || (size_t)(limit - at) < others + length) break;
        const pmap_log_time *time = rows->times;
        int64_t new_start = (rows->epoch + time->start + 500) / 1000, new_runtime = (time->nanoseconds + 500) / 1000;
        if (new_start != start) {
            start = new_start;
            start_size = (size_t)(put_time(start_text, (uint64_t)start) - start_text);
        }
        if (new_runtime != runtime) {
            runtime = new_runtime;
            runtime_size = (size_t)(put_time(runtime_text, (uint64_t)runtime) - runtime_text);
        }
        char *row = put_number(at, rows->item);
        memcpy(row, "\t:\t", 3);
        memcpy(row += 3, start_text, longest_time);
        *(row += start_size) = '\t';
        memcpy(++row, runtime_text, longest_time);
        *(row += runtime_size) = '\t';
        row = put_number(row + 1, length);
        *row = '\t';
        row = put_text(put_number(row + 1, (uint64_t)time->bytes), rows->texts, rows->before);
        if (!copy_plain(row, record, length)) break;
        row = put_text(row + length, between, rows->between);
        at = put_text(put_number(row, rows->position), after, rows->after);
        rows->record = record;
        rows->length = length;
        rows->next = stop ? stop + 1 : rows->end;
        rows->item++;
        rows->position++;
        rows->times++;
    }
    return (size_t)(at - out);
}
