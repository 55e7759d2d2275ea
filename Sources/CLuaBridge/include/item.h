/* Items through the task: one in two calls from Swift, or many in one, so that a short item costs little more than
 * the call of its task. */
#ifndef PMAP_ITEM_H
#define PMAP_ITEM_H

#include "library.h"
#include "text.h"

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
    PMAP_ITEMS_DONE,
    PMAP_ITEMS_STOPPED,
    PMAP_ITEMS_FULL,    /* the outbox has enough */
    PMAP_ITEMS_MISSING, /* there is no further record */
    PMAP_ITEMS_RECORD,  /* a record is not as records mostly are: Swift's matter, from its reading on */
    PMAP_ITEMS_ANSWER   /* a task has answered something rare, or raised: Swift's matter */
} pmap_items_reason;

typedef struct pmap_items pmap_items;

/* How a record becomes an item. Stack: … → …, item; or anything and false, when it is not done here. */
typedef bool (*pmap_push_item)(lua_State *L, pmap_items *items);

/* How an answer becomes a record: that on the stack from `first` to `last`, the top, or before `first` when there is
 * none; or false, when it is not done here. It may leave anything above it on the stack, and bytes in the room that count
 * only with true. */
typedef bool (*pmap_append_answer)(lua_State *L, int first, int last, pmap_items *items);

/* Items to be run one after the other, and where their outcomes go: a worker's outbox, as Wire/Outbox.swift has it. */
struct pmap_items {
    const char *next, *end; /* of the records that are left */
    char terminator;
    long long items;         /* how many of them are wanted */
    unsigned long long item; /* the number of the next one */
    pmap_push_item push;
    pmap_append_answer append;
    bool (*append_table)(lua_State *L, int index, pmap_items *items); /* in a field of text; may be NULL */
    void *reader;                    /* what `push` needs */
    void *writer;                    /* what the others need */
    bool is_filter;                  /* the record itself is the result, unless the answer is nil or false */
    char *output;
    size_t enough; /* bytes: with so many the outbox wants to be sent */
    pmap_room room;
    char output_terminator;
    unsigned long long finished; /* items in the batch */
    unsigned long long *current, *committed;
    const unsigned long long *barrier;
    unsigned long long begun; /* items begun in all, for the barrier */
    pmap_items_reason reason; /* why it is over */
    const char *record;       /* the last one begun */
    size_t length;
};

/* Runs items until something is to be looked at: all in one protected call, of which each costs as much as the rest of
 * a short item. Stack: `base` values, others… → `base` values, results… or message */
pmap_answer pmap_run_items(lua_State *L, int base, int task, int handler, pmap_items *items);

bool pmap_push_line(lua_State *L, pmap_items *items);
/* Strings as they are, numbers and booleans as `tostring` gives them, joined by tabs. */
bool pmap_append_text(lua_State *L, int first, int last, pmap_items *items);
bool pmap_append_nothing(lua_State *L, int first, int last, pmap_items *items);

#endif
