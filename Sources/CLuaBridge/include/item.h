/* Calls of the task: for one item by two calls from Swift, or for many in one loop, so that a short item costs little more
 * than the call of its task. */
#ifndef PMAP_ITEM_H
#define PMAP_ITEM_H

#include "library.h"
#include "format.h"
#include "status.h"

/* The results of a task for one item. */
typedef struct {
    int status;       /* Lua's */
    int results;      /* on the stack; after an error 1, the message */
    int type;         /* of the first, or LUA_TNONE */
    bool printed;     /* something may have been captured */
    bool uses_seed;   /* it drew numbers that depend on the run's seed */
    const char *text; /* the one result, if that is a string, until the stack changes; else NULL */
    size_t length;
} pmap_result;

/* Stack: `base` values, others… → `base` values, task; the task is at index `task`. */
void pmap_begin_item(lua_State *L, int base, int task, unsigned long long item);

/* Stack: …, task, item → …, results… or message. Calls task(item, index), with the message handler at `handler`. */
pmap_result pmap_run_item(lua_State *L, int handler, long long index);

typedef enum {
    PMAP_LOOP_DONE,
    PMAP_LOOP_STOPPED,
    PMAP_LOOP_FULL,    /* the outbox is to be sent */
    PMAP_LOOP_MISSING, /* there is no further record */
    PMAP_LOOP_RECORD,  /* a record is left to Swift, from its reading on */
    PMAP_LOOP_RESULT   /* a result is left to Swift, or an error */
} pmap_item_loop_end;

typedef struct pmap_item_loop pmap_item_loop;

/* Finds the next record, of which there is one; where the item ends. */
typedef const char *(*pmap_find_item)(pmap_item_loop *loop);

/* Converts a record to an item. Stack: … → …, item; or anything and false, when that is left to Swift. */
typedef bool (*pmap_push_item)(lua_State *L, pmap_item_loop *loop);

/* A part of a record as it stands there. */
typedef struct {
    const char *text;
    size_t length;
} pmap_part;

enum { pmap_most_parts = 16 };

/* Finds the parts that a task names of its item, without a Lua value; how many, or 0 when that is left to `select`. */
typedef int (*pmap_find_parts)(pmap_item_loop *loop, pmap_part *parts);

/* Appends the results on the stack from `first` to `last`, the top, or before `first` when there are none, as a record; or
 * returns false, when that is left to Swift. It may leave anything above them on the stack, and bytes at the cursor that count
 * only with true. */
typedef bool (*pmap_append_result)(lua_State *L, int first, int last, pmap_item_loop *loop);

/* A loop that calls the task with one item after the other, and writes to a worker's outbox, see Wire/Outbox.swift. */
struct pmap_item_loop {
    const char *next, *end; /* of the records that are left */
    char terminator;        /* of a record, unless `find_item` finds it */
    pmap_find_item find_item;
    void *framing;       /* what `find_item` needs */
    bool keeps_end;      /* the record has the end of its last line in it */
    long long items;         /* to be run */
    unsigned long long item; /* the number of the next one */
    pmap_push_item push;
    pmap_push_item select; /* pushes the results instead of the item, of a task that only names parts of it; may be NULL */
    pmap_find_parts find_parts; /* of such a task; may be NULL, as the next one */
    bool (*append_parts)(pmap_item_loop *loop, const pmap_part *parts, int count); /* as the results; or false */
    pmap_append_result append;
    bool (*append_table)(lua_State *L, int index, pmap_item_loop *loop); /* in a field of text; may be NULL */
    void *reader;                    /* what `push` needs */
    void *writer;                    /* what the others need */
    bool is_filter;                  /* the item is the output, unless the result is nil or false */
    bool passes_records;             /* of a filter: the record is written as it is */
    char *output;
    size_t flush_size; /* bytes with which the outbox is to be sent */
    pmap_cursor cursor;
    bool has_terminator; /* the output's records do */
    char output_terminator;
    uint64_t finished; /* items in the batch */
    bool is_timed;
    pmap_status *status;
    uint64_t begun; /* items begun in all, for the limit */
    pmap_item_loop_end end_reason; /* why the loop has ended */
    const char *record;       /* the last one begun */
    size_t length;
};

/* Runs the loop until Swift has something to do: all in one protected call, which costs as much as the rest of a short
 * item. Stack: `base` values, others… → `base` values, results… or message */
pmap_result pmap_run_item_loop(lua_State *L, int base, int task, int handler, pmap_item_loop *loop);

bool pmap_push_line(lua_State *L, pmap_item_loop *loop);
int pmap_find_line(pmap_item_loop *loop, pmap_part *parts);
/* Strings unchanged, numbers and booleans as by `tostring`, joined by tabs. */
bool pmap_append_text(lua_State *L, int first, int last, pmap_item_loop *loop);
bool pmap_append_nothing(lua_State *L, int first, int last, pmap_item_loop *loop);

#endif
