#define _GNU_SOURCE
#include "arena.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

unsigned char *pmap_arena_memory;
static int file = -1; /* stays so where files have a limit, which would be the arena's */

typedef struct {
    uint64_t at, old;
} change;

enum { most_strangers = 256 };

/* At the arena's start. */
typedef struct {
    pthread_mutex_t lock;
    volatile uint64_t changes; /* in the log, of the transaction that runs */
    uint64_t transactions;     /* that have ended */
    uint64_t told;             /* the number after the last one of which was said that it does not end */
    uint64_t hungry;           /* how many are to pause after their transactions for somebody who waits too long */
    pthread_mutex_t strangers[most_strangers]; /* each stranger holds one of them, as long as it is one */
    bool has_had_more;         /* some of whom are not known */
    bool is_asked;             /* a question waits for one who answers it */
    change log[pmap_arena_log_entries];
} journal;

_Static_assert(sizeof(journal) <= pmap_arena_start, "the journal fits in front of the words");
_Static_assert(sizeof(pthread_mutex_t) < pmap_life_words * 8, "a life is a mutex and a mark");

static journal *log_of_changes(void) { return (journal *)pmap_arena_memory; }

static void prepare(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* ---- Strangers ---- */

static bool is_stranger;
static int post = -1; /* the mutex that this one holds as a stranger */

/* Whether it was taken. */
static bool take(pthread_mutex_t *mutex) {
    int status = pthread_mutex_trylock(mutex);
    if (status == EOWNERDEAD) pthread_mutex_consistent(mutex);
    return status == 0 || status == EOWNERDEAD;
}

static void become_stranger(void) {
    journal *journal = log_of_changes();
    is_stranger = true;
    for (post = 0; post < most_strangers; post++) {
        if (take(&journal->strangers[post])) return;
    }
    post = -1;
    journal->has_had_more = true;
}

bool pmap_arena_is_stranger(void) { return is_stranger; }

void pmap_arena_set_stranger(bool stranger) {
    is_stranger = stranger;
    if (stranger || post < 0) return;
    pthread_mutex_unlock(&log_of_changes()->strangers[post]);
    post = -1;
}

bool pmap_arena_has_strangers(void) {
    journal *journal = log_of_changes();
    for (int each = 0; each < most_strangers; each++) {
        if (!take(&journal->strangers[each])) return true;
        pthread_mutex_unlock(&journal->strangers[each]);
    }
    return journal->has_had_more;
}

static void leave_at_exit(int status, void *nothing) {
    (void)nothing;
    pmap_life_leave(status);
}

uint64_t pmap_arena_open(uint64_t limit) {
    on_exit(leave_at_exit, NULL);
    pthread_atfork(NULL, NULL, become_stranger);
    struct rlimit files;
    bool is_file = getrlimit(RLIMIT_FSIZE, &files) != 0 || files.rlim_cur == RLIM_INFINITY;
    if (is_file && (file = memfd_create("pmap-arena", MFD_CLOEXEC)) < 0) return 0;
    int kind = MAP_SHARED | MAP_NORESERVE | (is_file ? 0 : MAP_ANONYMOUS);
    for (;; limit /= 2) {
        if (limit < 2 * (uint64_t)pmap_arena_start) break;
        void *start = mmap(NULL, limit, PROT_READ | PROT_WRITE, kind, file, 0);
        if (start == MAP_FAILED) continue;
        pmap_arena_memory = start;
        if (!pmap_arena_grow(2 * (uint64_t)pmap_arena_start)) break;
        prepare(&log_of_changes()->lock);
        for (int each = 0; each < most_strangers; each++) prepare(&log_of_changes()->strangers[each]);
        return limit;
    }
    int reason = errno;
    if (file >= 0) close(file);
    errno = reason;
    return 0;
}

bool pmap_arena_grow(uint64_t size) {
    if (file < 0) return true; /* without a file all of it is usable */
    int result;
    do result = ftruncate(file, (off_t)size);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

void pmap_arena_discard(uint64_t at, uint64_t size) {
    madvise(pmap_arena_memory + at, size, MADV_REMOVE);
}

bool pmap_arena_ask(void) {
    if (!pmap_arena_memory || is_stranger) return false;
    __atomic_store_n(&log_of_changes()->is_asked, true, __ATOMIC_RELEASE);
    return true;
}

bool pmap_arena_take_question(void) {
    if (!pmap_arena_memory || is_stranger) return false;
    bool *is_asked = &log_of_changes()->is_asked;
    return __atomic_load_n(is_asked, __ATOMIC_RELAXED) && __atomic_exchange_n(is_asked, false, __ATOMIC_ACQ_REL);
}

/* ---- Transactions ----
 *
 * The order in which words are written matters to whoever comes after a killed process, and that one sees all that was
 * executed: the kernel marks the mutex when the process has stopped. So it is the compiler alone that has to keep it. */

static void put_back(journal *journal) {
    while (journal->changes > 0) {
        change *last = &journal->log[journal->changes - 1];
        *(volatile uint64_t *)(pmap_arena_memory + last->at) = last->old;
        journal->changes--;
    }
}

/* One line, by one of those who wait: that the process is stopped, or that it `takes_long` in another way. */
static void tell_who_is_stuck(journal *journal, uint64_t transaction, bool takes_long) {
    if (__atomic_load_n(&journal->told, __ATOMIC_RELAXED) == transaction + 1) return;
    char path[64], text[512];
    int pid = journal->lock.__data.__lock & 0x3fffffff; /* FUTEX_TID_MASK; __owner is written a moment later */
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "re");
    size_t size = stat ? fread(text, 1, sizeof text - 1, stat) : 0;
    if (stat) fclose(stat);
    text[size] = 0;
    const char *name_end = strrchr(text, ')');
    bool is_stopped = name_end && (name_end[2] == 'T' || name_end[2] == 't');
    if (!is_stopped && !takes_long) return;
    if (__atomic_exchange_n(&journal->told, transaction + 1, __ATOMIC_RELAXED) == transaction + 1) return;
    if (is_stopped) {
        dprintf(2, "pmap: process %d is stopped and holds the shared memory; all others wait for it: kill -CONT %d\n", pid, pid);
    } else {
        dprintf(2, "pmap: process %d holds the shared memory and does not go on; all others wait for it\n", pid);
    }
}

/* Whoever comes back at once takes the mutex before one that slept for it has woken up: two processes that do nothing else
 * have kept a third one out for minutes. So the third makes them pause. */
static int lock_in_time(journal *journal, int64_t deadline) {
    static uint64_t stuck = UINT64_MAX; /* the transaction that did not end when this process last waited for one */
    const int64_t second = 1000000000;
    int status = pthread_mutex_trylock(&journal->lock);
    uint64_t seen = UINT64_MAX;
    int64_t since = 0;
    while (status == EBUSY || status == ETIMEDOUT) {
        struct timespec limit;
        clock_gettime(CLOCK_MONOTONIC, &limit);
        uint64_t running = __atomic_load_n(&journal->transactions, __ATOMIC_RELAXED);
        int64_t now = limit.tv_sec * second + limit.tv_nsec;
        if (running != seen) seen = running, since = running == stuck ? now - second : now;
        if (now - since >= second) {
            stuck = running;
            tell_who_is_stuck(journal, running, now - since >= 5 * second);
            if (now >= deadline) return ETIMEDOUT;
        }
        limit.tv_nsec += 2000000;
        if (limit.tv_nsec >= 1000000000) limit.tv_sec++, limit.tv_nsec -= 1000000000;
        status = pthread_mutex_clocklock(&journal->lock, CLOCK_MONOTONIC, &limit);
        if (status == ETIMEDOUT) __atomic_store_n(&journal->hungry, 8, __ATOMIC_RELAXED);
    }
    return status;
}

static void leave(journal *journal) {
    uint64_t hungry = __atomic_load_n(&journal->hungry, __ATOMIC_RELAXED);
    if (hungry > 0) __atomic_store_n(&journal->hungry, hungry - 1, __ATOMIC_RELAXED);
    __atomic_store_n(&journal->transactions, journal->transactions + 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&journal->lock);
    if (hungry > 0) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

bool pmap_arena_begin(int64_t deadline) {
    journal *journal = log_of_changes();
    int status = lock_in_time(journal, deadline);
    if (status == 0) return true;
    if (status == ETIMEDOUT) return false;
    if (status != EOWNERDEAD) {
        fprintf(stderr, "pmap: the lock of the shared memory is broken (%d)\n", status);
        _exit(3);
    }
    put_back(journal);
    pthread_mutex_consistent(&journal->lock);
    return true;
}

void pmap_arena_store(uint64_t at, uint64_t value) {
    journal *journal = log_of_changes();
    uint64_t place = journal->changes;
    volatile uint64_t *word = (volatile uint64_t *)(pmap_arena_memory + at);
    if (place == pmap_arena_log_entries) {
        fprintf(stderr, "pmap: a change of the shared memory is too large\n");
        _exit(3);
    }
    volatile change *entry = &journal->log[place];
    entry->at = at;
    entry->old = *word;
    journal->changes = place + 1;
    *word = value;
}

void pmap_arena_commit(void) {
    journal *journal = log_of_changes();
    journal->changes = 0;
    leave(journal);
}

void pmap_arena_undo(void) {
    journal *journal = log_of_changes();
    put_back(journal);
    leave(journal);
}

/* ---- Lives ---- */

static pthread_mutex_t *life(uint64_t at) { return (pthread_mutex_t *)(pmap_arena_memory + at); }

void pmap_life_prepare(uint64_t at) { prepare(life(at)); }

static uint64_t own_life;

void pmap_life_begin(uint64_t at) {
    pthread_mutex_lock(life(at));
    own_life = at;
}

static uint64_t mark(uint64_t at) { return at + (pmap_life_words - 1) * 8; }

void pmap_life_leave(int status) {
    if (status == 0 && own_life && !is_stranger) pmap_arena_set(mark(own_life), 1);
}

bool pmap_life_was_left(uint64_t at) { return pmap_arena_load(mark(at)) != 0; }

bool pmap_life_is_over(uint64_t at) {
    int status = pthread_mutex_trylock(life(at));
    if (status == EBUSY) return false;
    if (status == EOWNERDEAD) pthread_mutex_consistent(life(at));
    pthread_mutex_unlock(life(at));
    return true;
}

/* ---- Wake-ups ----
 *
 * SIGURG is a signal that every program ignores that has not asked for it: a wake-up that reaches a process which got the
 * number of a dead one does no harm. */

static sigset_t before, waiting;
static bool is_armed;

static void on_wakeup(int number) { (void)number; }

void pmap_wakeup_arm(void) {
    static bool is_installed;
    sigset_t all;
    if (!is_installed) {
        struct sigaction action = {.sa_handler = on_wakeup, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(SIGURG, &action, NULL);
        is_installed = true;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    waiting = before;
    sigdelset(&waiting, SIGURG);
    is_armed = true;
}

void pmap_wakeup_disarm(void) {
    is_armed = false;
    sigprocmask(SIG_SETMASK, &before, NULL);
}

const sigset_t *pmap_wakeup_mask(void) { return is_armed ? &waiting : NULL; }

int pmap_wakeup_wait(struct pollfd *descriptors, nfds_t count, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(descriptors, count, nanoseconds < 0 ? NULL : &limit, &waiting);
}

void pmap_wake(pid_t pid) { kill(pid, SIGURG); }
