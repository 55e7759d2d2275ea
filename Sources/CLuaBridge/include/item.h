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

#endif
