/* Memory that all processes of a tree share, at the same addresses, and a way to change it that a kill at any
 * instruction leaves whole.
 *
 * Changes are made in transactions under one robust mutex. Before a word is overwritten, its old value goes to a log
 * in the same memory; whoever finds that the holder of the mutex has died puts the old values back. So a transaction
 * happens as a whole or not at all, and whatever is built on words needs no repair of its own. */
#ifndef PMAP_ARENA_H
#define PMAP_ARENA_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    pmap_arena_log_entries = 1 << 17,
    pmap_arena_start = 1 << 22 /* where the words of others begin; the mutex and the log are before */
};

/* Reserves up to `limit` bytes, a power of two, and half of it again and again where address space is short; answers
 * how many, or 0 with errno. Once, before anything forks. */
uint64_t pmap_arena_open(uint64_t limit);

/* Whether this process was forked, by whomever, and has no place of its own yet; it says so itself when it has. */
bool pmap_arena_is_stranger(void);
void pmap_arena_set_stranger(bool stranger);

/* Inside a transaction: whether there are strangers. One that executes another program is none any more. */
bool pmap_arena_has_strangers(void);

/* Makes the first `size` bytes usable; false with errno when they are not to be had. */
bool pmap_arena_grow(uint64_t size);

/* Gives the pages of a range back; they are zero afterwards. */
void pmap_arena_discard(uint64_t at, uint64_t size);

/* Begins a transaction. False, from the moment `deadline` on: another one has been going on for a second and does not
 * end, as its process is stopped; one line says so. A transaction that was cut off by its process's death is undone. */
bool pmap_arena_begin(int64_t deadline);
void pmap_arena_commit(void);
void pmap_arena_undo(void);

extern unsigned char *pmap_arena_memory;

static inline uint64_t pmap_arena_load(uint64_t at) { return *(volatile uint64_t *)(pmap_arena_memory + at); }
static inline unsigned char *pmap_arena_bytes(uint64_t at) { return pmap_arena_memory + at; }

/* Inside a transaction. */
void pmap_arena_store(uint64_t at, uint64_t value);

/* Without a log: for what has one writer, and for what nobody can find yet. */
static inline void pmap_arena_set(uint64_t at, uint64_t value) {
    __atomic_store_n((uint64_t *)(pmap_arena_memory + at), value, __ATOMIC_RELEASE);
}

/* Asks all of the tree a question, which one of them takes; false where there is no arena, or for a stranger. */
bool pmap_arena_ask(void);
bool pmap_arena_take_question(void);

/* A life is a robust mutex that a process holds until it ends: no number of a process is ever mistaken. */
enum { pmap_life_words = 8 };
void pmap_life_prepare(uint64_t at);
void pmap_life_begin(uint64_t at);
/* Whether nobody holds it any more; the caller must know that somebody did. */
bool pmap_life_is_over(uint64_t at);
/* This process is about to end with this status: its life, if that is its own, is marked when the status is 0. exit(3)
 * sees to that itself. */
void pmap_life_leave(int status);
/* Whether it was marked: whoever ended without has been killed, or has failed. */
bool pmap_life_was_left(uint64_t at);

/* Between these two neither a wake-up nor another signal is lost: it ends the next pmap_wakeup_wait or pmap_ppoll, which
 * may also end for no reason. The mask is what those let in; NULL otherwise. */
void pmap_wakeup_arm(void);
void pmap_wakeup_disarm(void);
const sigset_t *pmap_wakeup_mask(void);
int pmap_wakeup_wait(struct pollfd *descriptors, nfds_t count, int64_t nanoseconds);
void pmap_wake(pid_t pid);

static inline void pmap_spin_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

#endif
