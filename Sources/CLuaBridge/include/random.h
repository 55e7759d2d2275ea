/* Random numbers that do not depend on which worker draws them.
 *
 * A stream is known by two numbers, a seed and a stream number, as math.randomseed takes them, and begins at the first
 * draw. The script's stream number is 0, that of an item its number, and that of a process is made of its parent's and its
 * own number among the parent's children: draws from one stream change no other. */
#ifndef PMAP_RANDOM_H
#define PMAP_RANDOM_H

#include "bridge.h"

/* Replaces math.random and math.randomseed, with the run's seed. Returns a Lua status; Stack: → message when it is not
 * LUA_OK. */
int pmap_change_random(lua_State *L, unsigned long long seed);

/* The run's seed from now on; `is_final` when the script's own math.randomseed does not change it. */
void pmap_random_seed(unsigned long long seed, bool is_final);

/* The seed that the script has chosen by math.randomseed(n); false when it has not. */
bool pmap_random_chosen(unsigned long long *seed);

/* This process runs items from now on: a seed that an item chooses is for that item alone. */
void pmap_random_end_script(void);

/* An item begins, with a stream of its own. */
void pmap_random_begin_item(unsigned long long item);

/* The item that has begun last, or 0. */
unsigned long long pmap_random_item(void);

/* The number of the next child of this process, or of this item, from 1. */
unsigned long long pmap_random_next_child(void);

/* In that child: begins its stream. */
void pmap_random_begin_child(unsigned long long number);

/* A seed for the items of one call of a pool, which has a number among the children of this process. */
unsigned long long pmap_random_seed_of_call(unsigned long long pool, unsigned long long call);

/* Whether the item, or before the first one the script, drew numbers that depend on the run's seed. */
bool pmap_random_uses_seed(void);

#endif
