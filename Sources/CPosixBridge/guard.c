/* The guard: it kills the programs of a process that has ended in whatever way, with everything that they have started. The
 * kernel can kill a program when its parent ends, but not the program's own children. The guard is a process of nothing but
 * a stack, which shares the memory of its parent, and reads there which programs were running. */
#define _GNU_SOURCE
#include "group.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Trees of processes ----
 *
 * They are stopped first, from the top down, so that none can start another one while the others are searched. Nothing is
 * called here that needs a lock or memory, as the caller may be the guard. */

enum { max_stopped = 1 << 14 };

static pid_t stopped[max_stopped];
static size_t stopped_count;

static void stop(pid_t pid) {
    if (pid <= 0 || stopped_count == max_stopped || kill(pid, SIGSTOP) != 0) return;
    stopped[stopped_count++] = pid;
}

static bool is_stopped(pid_t pid) {
    for (size_t each = 0; each < stopped_count; each++) {
        if (stopped[each] == pid) return true;
    }
    return false;
}

/* A whole number in decimal digits, or -1. */
static pid_t number_in(const char *text) {
    pid_t number = 0;
    if (*text < '0' || *text > '9') return -1;
    for (; *text >= '0' && *text <= '9'; text++) number = number * 10 + (*text - '0');
    return number;
}

/* The parent: the fourth field of `stat`; the second is a name in parentheses that may hold any character. -1 of a process
 * that has ended. */
static pid_t parent_of(int folder, const char *name) {
    char path[32], text[512];
    size_t length = strlen(name);
    if (length > 16) return -1;
    memcpy(path, name, length);
    memcpy(path + length, "/stat", 6);
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0) return -1;
    text[size] = 0;
    const char *end = strrchr(text, ')');
    return end && strlen(end) > 4 && end[2] != 'Z' ? number_in(end + 4) : -1;
}

typedef struct {
    uint64_t node;
    int64_t next;
    unsigned short size;
    unsigned char type;
    char name[];
} directory_entry; /* as getdents64(2) has it */

/* Stops the children of those that are stopped; false when there are no further ones. */
static bool stop_children(void) {
    _Alignas(directory_entry) char entries[8 << 10];
    size_t before = stopped_count;
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    for (;;) {
        long size = syscall(SYS_getdents64, folder, entries, sizeof entries);
        if (size <= 0) break;
        for (long at = 0; at < size;) {
            const directory_entry *entry = (const directory_entry *)(entries + at);
            at += entry->size;
            pid_t pid = number_in(entry->name);
            if (pid > 0 && !is_stopped(pid) && is_stopped(parent_of(folder, entry->name))) stop(pid);
        }
    }
    close(folder);
    return stopped_count > before;
}

static void kill_stopped(void) {
    while (stop_children()) {}
    for (size_t each = 0; each < stopped_count; each++) kill(stopped[each], SIGKILL);
}

void pmap_kill_trees(const pid_t *roots, size_t count) {
    stopped_count = 0;
    for (size_t each = 0; each < count; each++) stop(roots[each]);
    kill_stopped();
}

/* ---- The guard ---- */

static pid_t *running; /* programs of this process; 0 is a free entry */
static size_t capacity;
static pid_t guard, guarded; /* its parent; a fork of that one has no guard */
static char stack[64 << 10] __attribute__((aligned(64)));

/* In the guard. The group of a worker has nothing but processes that its programs have left; a shell's group has others. */
static void end_programs(int number) {
    (void)number;
    pmap_kill_trees(running, capacity);
    if (pmap_group_leader == guarded && getpgrp() == guarded) kill(0, SIGKILL);
    _exit(0);
}

/* Sleeps in one call that does not return: errno is shared with the parent. */
static int run_guard(void *signals) {
    int number = SIGRTMAX - 1;
    struct sigaction action = {.sa_handler = end_programs};
    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
    prctl(PR_SET_NAME, "program-guard");
    close_range(0, ~0U, CLOSE_RANGE_UNSHARE);
    prctl(PR_SET_PDEATHSIG, number);
    if (getppid() != guarded) end_programs(number);
    for (;;) sigsuspend(signals);
}

/* The guard has no exit signal, so that a wait for any child does not find it. Until it has no descriptors it has its parent's
 * table, not a copy: that would keep the ends of pipes open which the parent closes meanwhile, and hide their end. */
static bool ensure_guard(void) {
    static sigset_t signals;
    pid_t here = getpid();
    if (guarded != here) guard = 0, capacity = 0;
    if (guard > 0 && waitpid(guard, NULL, WNOHANG | __WCLONE) == 0) return true;
    guarded = here;
    sigfillset(&signals);
    sigdelset(&signals, SIGRTMAX - 1);
    guard = clone(run_guard, stack + sizeof stack, CLONE_VM | CLONE_FILES, &signals);
    return guard > 0;
}

static pid_t *free_entry(void) {
    for (size_t each = 0; each < capacity; each++) {
        if (running[each] == 0) return &running[each];
    }
    size_t taken = capacity, more = 2 * taken + 8;
    pid_t *grown = calloc(more, sizeof *grown), *before = running;
    if (!grown) return NULL;
    if (taken > 0) memcpy(grown, before, taken * sizeof *grown);
    *(pid_t *volatile *)&running = grown; /* the guard may read it at any moment */
    *(volatile size_t *)&capacity = more;
    free(before);
    return &grown[taken];
}

volatile pid_t *pmap_guard_entry(void) { return ensure_guard() ? free_entry() : NULL; }

pid_t pmap_wait_program(pid_t pid, int *status, int options) {
    siginfo_t state = {0};
    int answer;
    do answer = waitid(P_PID, (id_t)pid, &state, WEXITED | WNOWAIT | options);
    while (answer != 0 && errno == EINTR);
    if (answer == 0 && state.si_pid == 0) return 0;
    for (size_t each = 0; guarded == getpid() && each < capacity; each++) {
        if (running[each] == pid) running[each] = 0;
    }
    pid_t ended;
    do ended = waitpid(pid, status, 0);
    while (ended < 0 && errno == EINTR);
    return ended;
}
