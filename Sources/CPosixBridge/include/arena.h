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

/* Whether this process is a fork that has not registered in the tree; the fork itself sets it, and registering clears it. */
bool pmap_arena_is_unregistered(void);
void pmap_arena_set_unregistered(bool stranger);

/* Inside a transaction: whether there are unregistered processes. One that executes another program does not count. */
bool pmap_arena_has_unregistered(void);

/* Makes the first `size` bytes usable; false with errno when they are not to be had. */
bool pmap_arena_grow(uint64_t size);

/* Gives the pages of a range back; they are zero afterwards. */
void pmap_arena_discard(uint64_t at, uint64_t size);

/* Begins a transaction. False, from the moment `deadline` on, when another one has been going on for a second and does not
 * end, as its process is stopped; that is reported. A transaction whose process was killed is rolled back. */
bool pmap_arena_begin(int64_t deadline);
void pmap_arena_commit(void);
void pmap_arena_undo(void);

extern unsigned char *pmap_arena_memory;

static inline uint64_t pmap_arena_load(uint64_t at) { return *(volatile uint64_t *)(pmap_arena_memory + at); }
static inline unsigned char *pmap_arena_bytes(uint64_t at) { return pmap_arena_memory + at; }

/* Inside a transaction. */
void pmap_arena_store(uint64_t at, uint64_t value);

/* Without a log: for words with one writer, and for words that no other process can find yet. */
static inline void pmap_arena_set(uint64_t at, uint64_t value) {
    __atomic_store_n((uint64_t *)(pmap_arena_memory + at), value, __ATOMIC_RELEASE);
}

/* Asks all of the tree a question, which one of them takes; false where there is no arena, or for an unregistered one. */
bool pmap_arena_ask(void);
bool pmap_arena_take_question(void);

/* A liveness lock is a robust mutex that a process holds until it ends: a process's number that is used again, as with
 * pids, cannot be mistaken for it. */
enum { pmap_liveness_words = 8 };
void pmap_liveness_prepare(uint64_t at);
void pmap_liveness_acquire(uint64_t at);
/* Whether nobody holds it any more; the caller must know that somebody did. */
bool pmap_liveness_is_released(uint64_t at);
/* Marks this process's liveness lock when the status that it is about to end with is 0. exit(3) calls it itself. */
void pmap_liveness_note_exit(int status);
/* Whether it was marked: a process that ended without was killed, or has failed. */
bool pmap_liveness_exited_cleanly(uint64_t at);

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
