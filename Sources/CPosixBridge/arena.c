/* The arena: its memory, its transactions, the liveness locks of its processes, and how they wake each other. */
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

enum { most_unregistered = 256 };

/* At the arena's start. */
typedef struct {
    pthread_mutex_t lock;
    volatile uint64_t changes; /* in the log, of the transaction that runs */
    uint64_t transactions;     /* that have ended */
    uint64_t reported;         /* 1 + the number of the last one that was reported as stuck */
    uint64_t starvation;       /* how many transactions are to be followed by a pause, for a process that waits too long */
    pthread_mutex_t unregistered[most_unregistered]; /* each unregistered process holds one of them */
    bool has_overflowed;       /* some of them hold none */
    bool is_asked;             /* a question waits for a process that answers it */
    change log[pmap_arena_log_entries];
} header;

_Static_assert(sizeof(header) <= pmap_arena_start, "the header fits in front of the words");
_Static_assert(sizeof(pthread_mutex_t) < pmap_liveness_words * 8, "a liveness lock is a mutex and a mark");

static header *arena_header(void) { return (header *)pmap_arena_memory; }

static void prepare(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* ---- Unregistered processes ---- */

static bool is_unregistered;
static int own_index = -1; /* of the mutex that this process holds while it is unregistered */

static bool try_lock(pthread_mutex_t *mutex) {
    int status = pthread_mutex_trylock(mutex);
    if (status == EOWNERDEAD) pthread_mutex_consistent(mutex);
    return status == 0 || status == EOWNERDEAD;
}

static void on_fork(void) {
    header *header = arena_header();
    is_unregistered = true;
    for (own_index = 0; own_index < most_unregistered; own_index++) {
        if (try_lock(&header->unregistered[own_index])) return;
    }
    own_index = -1;
    header->has_overflowed = true;
}

bool pmap_arena_is_unregistered(void) { return is_unregistered; }

void pmap_arena_set_unregistered(bool stranger) {
    is_unregistered = stranger;
    if (stranger || own_index < 0) return;
    pthread_mutex_unlock(&arena_header()->unregistered[own_index]);
    own_index = -1;
}

bool pmap_arena_has_unregistered(void) {
    header *header = arena_header();
    for (int each = 0; each < most_unregistered; each++) {
        if (!try_lock(&header->unregistered[each])) return true;
        pthread_mutex_unlock(&header->unregistered[each]);
    }
    return header->has_overflowed;
}

static void note_exit(int status, void *nothing) {
    (void)nothing;
    pmap_liveness_note_exit(status);
}

uint64_t pmap_arena_open(uint64_t limit) {
    on_exit(note_exit, NULL);
    pthread_atfork(NULL, NULL, on_fork);
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
        prepare(&arena_header()->lock);
        for (int each = 0; each < most_unregistered; each++) prepare(&arena_header()->unregistered[each]);
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
    if (!pmap_arena_memory || is_unregistered) return false;
    __atomic_store_n(&arena_header()->is_asked, true, __ATOMIC_RELEASE);
    return true;
}

bool pmap_arena_take_question(void) {
    if (!pmap_arena_memory || is_unregistered) return false;
    bool *is_asked = &arena_header()->is_asked;
    return __atomic_load_n(is_asked, __ATOMIC_RELAXED) && __atomic_exchange_n(is_asked, false, __ATOMIC_ACQ_REL);
}

/* ---- Transactions ----
 *
 * The order in which words are written matters to the process that rolls a killed one's transaction back. It sees all that
 * was executed, as the kernel marks the mutex when the process has stopped: the compiler alone has to keep the order. */

static void roll_back(header *header) {
    while (header->changes > 0) {
        change *last = &header->log[header->changes - 1];
        *(volatile uint64_t *)(pmap_arena_memory + last->at) = last->old;
        header->changes--;
    }
}

/* Reports once, of all that wait, that the process in the transaction is stopped, or that it `takes_long` otherwise. */
static void report_stuck_process(header *header, uint64_t transaction, bool takes_long) {
    if (__atomic_load_n(&header->reported, __ATOMIC_RELAXED) == transaction + 1) return;
    char path[64], text[512];
    int pid = header->lock.__data.__lock & 0x3fffffff; /* FUTEX_TID_MASK; __owner is written a moment later */
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *stat = fopen(path, "re");
    size_t size = stat ? fread(text, 1, sizeof text - 1, stat) : 0;
    if (stat) fclose(stat);
    text[size] = 0;
    const char *name_end = strrchr(text, ')');
    bool is_stopped = name_end && (name_end[2] == 'T' || name_end[2] == 't');
    if (!is_stopped && !takes_long) return;
    if (__atomic_exchange_n(&header->reported, transaction + 1, __ATOMIC_RELAXED) == transaction + 1) return;
    if (is_stopped) {
        dprintf(2, "pmap: process %d is stopped and holds the shared memory; all others wait for it: kill -CONT %d\n", pid, pid);
    } else {
        dprintf(2, "pmap: process %d holds the shared memory and does not go on; all others wait for it\n", pid);
    }
}

/* A process that comes back at once locks the mutex before one that slept for it has woken up: two processes that do
 * nothing else have starved a third one for minutes. So the third makes them pause. */
static int lock_in_time(header *header, int64_t deadline) {
    static uint64_t stuck = UINT64_MAX; /* the transaction that did not end when this process last waited for one */
    const int64_t second = 1000000000;
    int status = pthread_mutex_trylock(&header->lock);
    uint64_t seen = UINT64_MAX;
    int64_t since = 0;
    while (status == EBUSY || status == ETIMEDOUT) {
        struct timespec limit;
        clock_gettime(CLOCK_MONOTONIC, &limit);
        uint64_t running = __atomic_load_n(&header->transactions, __ATOMIC_RELAXED);
        int64_t now = limit.tv_sec * second + limit.tv_nsec;
        if (running != seen) seen = running, since = running == stuck ? now - second : now;
        if (now - since >= second) {
            stuck = running;
            report_stuck_process(header, running, now - since >= 5 * second);
            if (now >= deadline) return ETIMEDOUT;
        }
        limit.tv_nsec += 2000000;
        if (limit.tv_nsec >= 1000000000) limit.tv_sec++, limit.tv_nsec -= 1000000000;
        status = pthread_mutex_clocklock(&header->lock, CLOCK_MONOTONIC, &limit);
        if (status == ETIMEDOUT) __atomic_store_n(&header->starvation, 8, __ATOMIC_RELAXED);
    }
    return status;
}

static void end_transaction(header *header) {
    uint64_t starvation = __atomic_load_n(&header->starvation, __ATOMIC_RELAXED);
    if (starvation > 0) __atomic_store_n(&header->starvation, starvation - 1, __ATOMIC_RELAXED);
    __atomic_store_n(&header->transactions, header->transactions + 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&header->lock);
    if (starvation > 0) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

bool pmap_arena_begin(int64_t deadline) {
    header *header = arena_header();
    int status = lock_in_time(header, deadline);
    if (status == 0) return true;
    if (status == ETIMEDOUT) return false;
    if (status != EOWNERDEAD) {
        fprintf(stderr, "pmap: the lock of the shared memory is broken (%d)\n", status);
        _exit(3);
    }
    roll_back(header);
    pthread_mutex_consistent(&header->lock);
    return true;
}

void pmap_arena_store(uint64_t at, uint64_t value) {
    header *header = arena_header();
    uint64_t place = header->changes;
    volatile uint64_t *word = (volatile uint64_t *)(pmap_arena_memory + at);
    if (place == pmap_arena_log_entries) {
        fprintf(stderr, "pmap: a change of the shared memory is too large\n");
        _exit(3);
    }
    volatile change *entry = &header->log[place];
    entry->at = at;
    entry->old = *word;
    header->changes = place + 1;
    *word = value;
}

void pmap_arena_commit(void) {
    header *header = arena_header();
    header->changes = 0;
    end_transaction(header);
}

void pmap_arena_undo(void) {
    header *header = arena_header();
    roll_back(header);
    end_transaction(header);
}

/* ---- Liveness locks ---- */

static pthread_mutex_t *liveness_lock(uint64_t at) { return (pthread_mutex_t *)(pmap_arena_memory + at); }

void pmap_liveness_prepare(uint64_t at) { prepare(liveness_lock(at)); }

static uint64_t own_liveness_lock;

void pmap_liveness_acquire(uint64_t at) {
    pthread_mutex_lock(liveness_lock(at));
    own_liveness_lock = at;
}

static uint64_t mark(uint64_t at) { return at + (pmap_liveness_words - 1) * 8; }

void pmap_liveness_note_exit(int status) {
    if (status == 0 && own_liveness_lock && !is_unregistered) pmap_arena_set(mark(own_liveness_lock), 1);
}

bool pmap_liveness_exited_cleanly(uint64_t at) { return pmap_arena_load(mark(at)) != 0; }

bool pmap_liveness_is_released(uint64_t at) {
    int status = pthread_mutex_trylock(liveness_lock(at));
    if (status == EBUSY) return false;
    if (status == EOWNERDEAD) pthread_mutex_consistent(liveness_lock(at));
    pthread_mutex_unlock(liveness_lock(at));
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
    int ready = ppoll(descriptors, count, nanoseconds < 0 ? NULL : &limit, &waiting);
    if (ready > 0) { /* a signal that has come with it is still blocked, and may be its cause */
        sigset_t all;
        sigprocmask(SIG_SETMASK, &waiting, &all);
        sigprocmask(SIG_SETMASK, &all, NULL);
    }
    return ready;
}

void pmap_wake(pid_t pid) { kill(pid, SIGURG); }
