/* Rows of a job log, for items that are bytes up to a byte that ends them. Monitor/JobLog.swift writes those that are left. */
#ifndef PMAP_LOG_ROWS_H
#define PMAP_LOG_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* When an item ran, in nanoseconds, and the bytes of its record. */
typedef struct {
    int64_t start, nanoseconds, bytes;
} pmap_log_time;

typedef struct {
    const char *next, *end; /* the records that are left */
    const char *record;     /* the last that has its row */
    size_t length;
    char terminator;
    size_t most; /* bytes of a record that are shown */
    uint64_t item, position; /* of the next one */
    const pmap_log_time *times; /* from the next one on, of `count` items */
    size_t count;
    int64_t epoch; /* added to a start, it is a time since 1970 */
    const char *texts;      /* before the record, between it and its position, and behind that; so many bytes each */
    size_t before, between, after;
} pmap_log_rows;

/* Writes a row for each item, until there are no more, or one is to be escaped or cut, or there is no space; returns the
 * bytes that were written. */
size_t pmap_write_log_rows(pmap_log_rows *rows, char *out, size_t space);

#endif
