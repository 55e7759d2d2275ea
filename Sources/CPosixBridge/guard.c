/* Programs end with the process that has started them, and so does what they have started in turn, however that process
 * ends. The kernel can kill a program when its starter ends, but not the program's own children: so a guard does it, a
 * process of nothing but a stack, which shares the memory of the one that it stands by. It reads there, when that one has
 * ended, which programs were running. */
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
 * They are stopped first, from the top down: nobody can start another one while the others are looked for. Nothing is
 * called here that needs a lock or memory: who looks may be the guard. */

enum { most_found = 1 << 14 };

static pid_t found[most_found];
static size_t found_count;

static void stop(pid_t pid) {
    if (pid <= 0 || found_count == most_found || kill(pid, SIGSTOP) != 0) return;
    found[found_count++] = pid;
}

static bool is_found(pid_t pid) {
    for (size_t each = 0; each < found_count; each++) {
        if (found[each] == pid) return true;
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

/* The fourth field of its `stat`; the second is a name in parentheses that may hold any character. -1 of one that has
 * ended. */
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
} folder_entry; /* as getdents64(2) has it */

/* Stops the children of those who are stopped; false when there are no further ones. */
static bool stop_children(void) {
    _Alignas(folder_entry) char entries[8 << 10];
    size_t before = found_count;
    int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return false;
    for (;;) {
        long size = syscall(SYS_getdents64, folder, entries, sizeof entries);
        if (size <= 0) break;
        for (long at = 0; at < size;) {
            const folder_entry *entry = (const folder_entry *)(entries + at);
            at += entry->size;
            pid_t pid = number_in(entry->name);
            if (pid > 0 && !is_found(pid) && is_found(parent_of(folder, entry->name))) stop(pid);
        }
    }
    close(folder);
    return found_count > before;
}

static void kill_found(void) {
    while (stop_children()) {}
    for (size_t each = 0; each < found_count; each++) kill(found[each], SIGKILL);
}

void pmap_kill_trees(const pid_t *roots, size_t count) {
    found_count = 0;
    for (size_t each = 0; each < count; each++) stop(roots[each]);
    kill_found();
}

/* ---- The guard ---- */

static pid_t *running; /* programs of this process; 0 is a free place */
static size_t places;
static pid_t guard, guarded; /* whom it stands by; a fork of that one has no guard */
static char stack[64 << 10] __attribute__((aligned(64)));

/* In the guard. What is in a worker's process group is what its programs have left behind; a shell's is another matter. */
static void end_programs(int number) {
    (void)number;
    pmap_kill_trees(running, places);
    if (pmap_group_leader == guarded && getpgrp() == guarded) kill(0, SIGKILL);
    _exit(0);
}

/* Sleeps in one call that does not come back: errno is the other's, too. */
static int stand_guard(void *signals) {
    int number = SIGRTMAX - 1;
    struct sigaction action = {.sa_handler = end_programs};
    sigfillset(&action.sa_mask);
    sigaction(number, &action, NULL);
    prctl(PR_SET_NAME, "program-guard");
    close_range(0, ~0U, 0);
    prctl(PR_SET_PDEATHSIG, number);
    if (getppid() != guarded) end_programs(number);
    for (;;) sigsuspend(signals);
}

/* Without a signal at its end: whoever waits for any child does not get to see it. */
static bool has_guard(void) {
    static sigset_t signals;
    pid_t here = getpid();
    if (guarded != here) guard = 0, places = 0;
    if (guard > 0 && waitpid(guard, NULL, WNOHANG | __WCLONE) == 0) return true;
    guarded = here;
    sigfillset(&signals);
    sigdelset(&signals, SIGRTMAX - 1);
    guard = clone(stand_guard, stack + sizeof stack, CLONE_VM, &signals);
    return guard > 0;
}

static pid_t *free_place(void) {
    for (size_t each = 0; each < places; each++) {
        if (running[each] == 0) return &running[each];
    }
    size_t taken = places, more = 2 * taken + 8;
    pid_t *grown = calloc(more, sizeof *grown), *before = running;
    if (!grown) return NULL;
    if (taken > 0) memcpy(grown, before, taken * sizeof *grown);
    *(pid_t *volatile *)&running = grown; /* the guard may look at any moment */
    *(volatile size_t *)&places = more;
    free(before);
    return &grown[taken];
}

volatile pid_t *pmap_guard_place(void) { return has_guard() ? free_place() : NULL; }

pid_t pmap_wait_program(pid_t pid, int *status, int options) {
    siginfo_t state = {0};
    int answer;
    do answer = waitid(P_PID, (id_t)pid, &state, WEXITED | WNOWAIT | options);
    while (answer != 0 && errno == EINTR);
    if (answer == 0 && state.si_pid == 0) return 0;
    for (size_t each = 0; guarded == getpid() && each < places; each++) {
        if (running[each] == pid) running[each] = 0;
    }
    pid_t ended;
    do ended = waitpid(pid, status, 0);
    while (ended < 0 && errno == EINTR);
    return ended;
}
