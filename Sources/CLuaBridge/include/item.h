/* One item through the task in two calls from Swift: a short item costs little more than its calls. */
#ifndef PMAP_ITEM_H
#define PMAP_ITEM_H

#include "library.h"

/* What a task has answered. */
typedef struct {
    int status;       /* Lua's */
    int results;      /* on the stack; after an error 1, the message */
    int type;         /* of the first, or LUA_TNONE */
    bool printed;     /* something may have been captured */
    bool uses_seed;   /* it drew numbers that depend on the run's seed */
    const char *text; /* the one result, if that is a string, until the stack changes; else NULL */
    size_t length;
} pmap_answer;

/* Stack: `base` values, others… → `base` values, task; the task is at index `task`. */
void pmap_begin_item(lua_State *L, int base, int task, unsigned long long item);

/* Stack: …, task, item → …, results… or message. Calls task(item, index), with the message handler at `handler`. */
pmap_answer pmap_run_item(lua_State *L, int handler, long long index);

typedef enum {
    PMAP_LINES_DONE,
    PMAP_LINES_STOPPED,
    PMAP_LINES_FULL,    /* the outbox has enough */
    PMAP_LINES_MISSING, /* there is no further line */
    PMAP_LINES_ANSWER   /* a task has answered something else than a line, or raised: Swift's matter */
} pmap_lines_reason;

/* Lines to be run one after the other, and where their outcomes go: a worker's outbox, as Wire/Outbox.swift has it. */
typedef struct {
    const char *next, *end; /* of the lines that are left */
    char terminator;
    long long items;         /* how many of them are wanted */
    unsigned long long item; /* the number of the next one */
    char *output;
    size_t used, capacity, enough; /* bytes: with `enough` of them the outbox wants to be sent */
    char output_terminator;
    unsigned long long finished; /* items in the batch */
    unsigned long long *current, *committed;
    const unsigned long long *barrier;
    unsigned long long begun; /* items begun in all, for the barrier */
    pmap_lines_reason reason; /* why it is over */
    const char *line;         /* the last one begun */
    size_t length;
} pmap_lines;

/* Runs lines until something is to be looked at: all in one protected call, of which each costs as much as the rest of
 * a short item. Stack: `base` values, others… → `base` values, results… or message */
pmap_answer pmap_run_lines(lua_State *L, int base, int task, int handler, pmap_lines *lines);

#endif
